--- A report as GitHub-flavoured Markdown, its figures as SVG files beside it.
local prose = require "lobule.report.prose"
local session = require "lobule.session"

local M = {}

--- User text with everything that Markdown or HTML would read as a mark made plain.
---@param text string
---@return string
function M.escape(text)
  return (text:gsub("[\\_*`%[%]<>#|~&]", "\\%0"):gsub("%s+", " "))
end
local escape <const> = M.escape

--- A paragraph must not begin like a list, a rule or a heading.
local function paragraph(text)
  local line = escape(text):gsub("^([-+=])", "\\%1"):gsub("^(%d+)([.)])", "%1\\%2")
  return line
end

local function cell(text)
  if prose.is_hash(text) then return "`" .. text .. "`" end
  return escape(text)
end

local function header_text(column)
  local group = column.group and escape(column.group) .. ": " or ""
  local unit = column.unit and " (" .. escape(column.unit) .. ")" or ""
  return group .. escape(column.label) .. unit
end

local function row_text(row)
  local cells = {}
  for c, text in ipairs(row) do
    cells[c] = cell(text)
    if row.kind and text ~= "" then cells[c] = "**" .. cells[c] .. "**" end
  end
  cells[1] = ("&nbsp;&nbsp;"):rep(row.indent) .. cells[1]
  return "| " .. table.concat(cells, " | ") .. " |"
end

local function caption_text(label, caption)
  local strong = label and "**" .. label .. "** " or ""
  return strong .. (label and escape(caption) or "**" .. escape(caption) .. "**")
end

local function table_text(shown, label, caption)
  local lines, header, rule = {}, {}, {}
  if label or caption ~= "" then lines = { caption_text(label, caption), "" } end
  for c, column in ipairs(shown.columns) do
    header[c] = header_text(column)
    rule[c] = column.align == "right" and "---:" or "---"
  end
  lines[#lines + 1] = "| " .. table.concat(header, " | ") .. " |"
  lines[#lines + 1] = "| " .. table.concat(rule, " | ") .. " |"
  for _, row in ipairs(shown.rows) do lines[#lines + 1] = row_text(row) end
  for _, note in ipairs(shown.notes) do
    lines[#lines + 1] = ""
    lines[#lines + 1] = paragraph(note)
  end
  return table.concat(lines, "\n")
end

local function details(summary, parts)
  return ("<details>\n<summary>%s</summary>\n\n%s\n\n</details>"):format(summary,
    table.concat(parts, "\n\n"))
end

--- A file name as a link target: other bytes than these are written as %XX.
local function link(name)
  return (name:gsub("[^%w._~-]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

local WRITE <const> = {}

function WRITE.heading(block)
  return ("#"):rep(block.level) .. " " .. escape(block.text)
end

function WRITE.text(block)
  return paragraph(block.text)
end

function WRITE.note(block)
  return "> **Note.** " .. escape(block.text)
end

function WRITE.warning(block)
  return "> **Warning.** " .. escape(block.text)
end

WRITE["table"] = function(block)
  return table_text(block.table, block.label, block.caption)
end

function WRITE.figure(block, files)
  local file = ("%s-figure-%d.svg"):format(files.base, block.number)
  files.list[#files.list + 1] = { path = files.folder .. file, text = block.figure:svg() }
  local alt = escape(("%s %s"):format(block.label, block.figure.title or block.caption))
  local parts = { ("![%s](%s)"):format(alt, link(file)), caption_text(block.label, block.caption) }
  local data = {}
  for i, one in ipairs(block.data) do data[i] = table_text(one, nil, one.caption) end
  if #data > 0 then parts[3] = details("Data of " .. block.name, data) end
  return table.concat(parts, "\n\n")
end

function WRITE.list(block)
  local lines = {}
  for i, text in ipairs(block.items) do lines[i] = ("%d. %s"):format(i, paragraph(text)) end
  return table.concat(lines, "\n")
end

--- A fence longer than any run of backticks inside.
local function fence_for(text)
  local longest = 2
  for run in text:gmatch "`+" do longest = math.max(longest, #run) end
  return ("`"):rep(longest + 1)
end

function WRITE.code(block)
  local fence = fence_for(block.text)
  return details(escape(block.summary), { fence .. "json\n" .. block.text .. "\n" .. fence })
end

local function masthead(doc)
  local parts = { "# " .. escape(doc.title) }
  if doc.subtitle then parts[2] = "*" .. escape(doc.subtitle) .. "*" end
  local by = {}
  if doc.author then by[1] = escape(doc.author) end
  if doc.date then by[#by + 1] = escape(doc.date) end
  if #by > 0 then parts[#parts + 1] = table.concat(by, " · ") end
  return table.concat(parts, "\n\n")
end

--- The files of the report: the text, then NAME-figure-1.svg and so on beside it.
---@param doc lobule.Document
---@param path string
---@return table[]                  # { path, text }
function M.render(doc, path)
  local name = session.base_name(path)
  local files = { folder = path:sub(1, #path - #name), base = name:gsub("%.%w+$", ""), list = {} }
  local parts = { masthead(doc) }
  for _, block in ipairs(doc.blocks) do parts[#parts + 1] = WRITE[block.kind](block, files) end
  table.insert(files.list, 1, { path = path, text = table.concat(parts, "\n\n") .. "\n" })
  return files.list
end

return M
