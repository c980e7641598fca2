--- A report as one HTML file: everything inside, no script, a policy that forbids every request.
local core = require "lobule.core"
local html_table = require "lobule.report.html_table"
local result = require "lobule.result"
local style = require "lobule.report.style"

local M = {}

local escape <const>, prose <const> = html_table.escape, html_table.prose

local POLICY <const> = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
local CONTENTS_FROM <const> = 4 -- headings

-- Figures ----------------------------------------------------------------------------------------

local REFERENCES <const> = { ["aria-labelledby"] = true, ["aria-describedby"] = true }

--- Ids made the figure's own, so that two figures of a page do not share one.
local function own_ids(tag, prefix)
  tag = tag:gsub('(%s)id="([^"]*)"', function(space, id)
    return ('%sid="%s%s"'):format(space, prefix, id)
  end)
  tag = tag:gsub("url%(#", "url(#" .. prefix):gsub('href="#', 'href="#' .. prefix)
  return (tag:gsub('([%w-]+)="([^"]*)"', function(name, value)
    if REFERENCES[name] then
      return ('%s="%s"'):format(name, (value:gsub("%S+", function(id) return prefix .. id end)))
    end
  end))
end

--- The figure's SVG for use inside the page.
local function inline_svg(block)
  local svg = block.figure:svg()
  svg = svg:gsub("^%s*<%?xml.-%?>%s*", ""):gsub("^%s*<!DOCTYPE.->%s*", "")
  if svg:lower():find("<script", 1, true) then
    core.raise("argument", ("figure '%s' contains a script"):format(tostring(block.figure.title)))
  end
  svg = svg:gsub("<%a[^>]*>", function(tag) return own_ids(tag, block.id .. "-") end)
  return (svg:gsub("%s+$", ""))
end

local function figure_data(block)
  if #block.data == 0 then return "" end
  local parts = { ("<details>\n<summary>Data of %s</summary>"):format(block.name) }
  for i, data in ipairs(block.data) do
    local name = ("Data of %s%s"):format(block.name, #block.data > 1 and ", part " .. i or "")
    local caption = data.caption == "" and name or data.caption
    parts[#parts + 1] = html_table.render(data, { id = ("%s-data-%d"):format(block.id, i),
      name = name, caption = caption })
  end
  parts[#parts + 1] = "</details>\n"
  return table.concat(parts, "\n")
end

-- Blocks -----------------------------------------------------------------------------------------

local WRITE <const> = {}

function WRITE.heading(block)
  return ('<h%d id="%s">%s</h%d>'):format(block.level, block.id, prose(block.text), block.level)
end

function WRITE.text(block)
  return ("<p>%s</p>"):format(prose(block.text))
end

function WRITE.note(block)
  return ('<p class="note"><strong>Note.</strong> %s</p>'):format(prose(block.text))
end

function WRITE.warning(block)
  return ('<p class="warning"><strong>Warning.</strong> %s</p>'):format(prose(block.text))
end

WRITE["table"] = function(block)
  return html_table.render(block.table, { id = block.id, name = block.name or block.caption,
    label = block.label, caption = block.caption })
end

function WRITE.figure(block)
  local mm = core.format_number(block.width_mm)
  return table.concat({ ('<figure id="%s">'):format(block.id),
    ('<div class="scroll" tabindex="0" role="region" aria-label="%s">'):format(block.name),
    ('<div class="drawing" style="--width: %smm">'):format(mm), inline_svg(block), "</div>",
    "</div>", ('<figcaption><strong class="label">%s</strong> %s</figcaption>'):format(block.label,
      prose(block.caption)), figure_data(block) .. "</figure>" }, "\n")
end

function WRITE.list(block)
  local parts = { "<ol>" }
  for _, text in ipairs(block.items) do parts[#parts + 1] = ("<li>%s</li>"):format(prose(text)) end
  parts[#parts + 1] = "</ol>"
  return table.concat(parts, "\n")
end

function WRITE.code(block)
  return ('<details>\n<summary>%s</summary>\n<pre class="scroll" tabindex="0" role="region" '
    .. 'aria-label="%s"><code>%s</code></pre>\n</details>'):format(escape(block.summary),
    escape(block.summary), escape(block.text))
end

-- The page ---------------------------------------------------------------------------------------

--- The list of contents, for reports that are long enough to need one.
local function contents(doc)
  local lines, n = {}, 0
  for _, block in ipairs(doc.blocks) do
    if block.kind == "heading" and not block.minor then
      n = n + 1
      lines[n] = ('<li class="level-%d"><a href="#%s">%s</a></li>'):format(block.level, block.id,
        prose(block.text))
    end
  end
  if n < CONTENTS_FROM then return "" end
  return '<nav aria-label="Contents">\n<p class="nav-title">Contents</p>\n<ul>\n'
    .. table.concat(lines, "\n") .. "\n</ul>\n</nav>\n"
end

--- JSON inside a script element must not end it, nor open a comment.
local function data_block(doc)
  local data = result.ordered { { "title", doc.title }, { "author", doc.author },
    { "provenance", doc.provenance }, { "results", doc.results } }
  local json = core.json_encode(data):gsub("</", "<\\/"):gsub("<!", "\\u003c!")
  json = json:gsub("\u{FFFE}", "\\ufffe"):gsub("\u{FFFF}", "\\uffff") -- no characters of HTML
  return ('<script type="application/json" id="lobule-provenance">%s</script>'):format(json)
end

local function page_head(doc)
  local author = doc.author
    and ('<meta name="author" content="%s">\n'):format(escape(doc.author)) or ""
  return table.concat({ "<!DOCTYPE html>", ('<html lang="%s">'):format(escape(doc.lang)), "<head>",
    '<meta charset="utf-8">',
    ('<meta http-equiv="Content-Security-Policy" content="%s">'):format(POLICY),
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    author .. ("<title>%s</title>"):format(escape(doc.title)),
    "<style>\n" .. style.css .. "</style>", "</head>" }, "\n")
end

local function masthead(doc)
  local by = {}
  if doc.author then by[1] = prose(doc.author) end
  if doc.date then by[#by + 1] = prose(doc.date) end
  local parts = { "<header>", ("<h1>%s</h1>"):format(prose(doc.title)) }
  if doc.subtitle then parts[3] = ('<p class="subtitle">%s</p>'):format(prose(doc.subtitle)) end
  if #by > 0 then
    parts[#parts + 1] = ('<p class="byline">%s</p>'):format(table.concat(by, " · "))
  end
  parts[#parts + 1] = "</header>"
  return table.concat(parts, "\n")
end

--- The files of the report: one.
---@param doc lobule.Document
---@param path string
---@return table[]                  # { path, text }
function M.render(doc, path)
  local body = {}
  for i, block in ipairs(doc.blocks) do body[i] = WRITE[block.kind](block) end
  local text = table.concat({ page_head(doc), "<body>",
    '<a class="skip" href="#main">Skip to the report</a>', masthead(doc),
    contents(doc) .. '<main id="main" tabindex="-1">', table.concat(body, "\n"), "</main>",
    data_block(doc), "</body>", "</html>", "" }, "\n")
  return { { path = path, text = text } }
end

return M
