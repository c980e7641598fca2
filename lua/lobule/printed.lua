--- How a result stands on paper: what print shows of it, and the blocks that it adds to a report.
local result = require "lobule.result"
local screen = require "lobule.screen"

local M = {}

--- Lines broken where the terminal ends; what goes on stands two columns further in.
---@param lines string[]
---@return string                   # without a newline at its end
local function broken(lines)
  local width, list = screen.terminal_width(), {}
  for _, line in ipairs(lines) do
    if screen.width_of(line) > width then
      local indent = line:match "^ *"
      screen.wrap(line, width, list, indent, indent .. "  ")
    else
      list[#list + 1] = line
    end
  end
  return table.concat(list, "\n")
end

--- print(fit): the heading (of results that have a formula), the table, lines, warnings; lines and
--- warnings are broken where the terminal ends.
---@param self table                title; warnings, where there may be any; info, where the rows
---                                 left out are known
---@param view lobule.Table|string|nil  nil: no table
---@param lines? string[]           what stands below the table
---@return string
function M.text(self, view, lines)
  local parts, info = {}, rawget(self, "info")
  if info then parts[1] = result.heading(self.title, info) end
  if view then parts[#parts + 1] = tostring(view) end
  local below = table.move(lines or {}, 1, #(lines or {}), 1, {})
  for _, warning in ipairs(rawget(self, "warnings") or {}) do
    below[#below + 1] = "warning: " .. warning
  end
  if #below > 0 then parts[#parts + 1] = broken(below) end
  return table.concat(parts, "\n")
end

--- The blocks of a report: the table, its notes followed by the lines as sentences and the rows
--- left out; then the warnings.
---@param self table                as text
---@param view lobule.Table         gets its caption and notes here
---@param lines? string[]
---@param options? table            caption (default: the title)
---@param last? string[]            notes after the rows left out, as they stand
---@return table[]
function M.blocks(self, view, lines, options, last)
  local notes, info = view.notes, rawget(self, "info")
  view.caption = options and options.caption or self.title
  for _, line in ipairs(lines or {}) do notes[#notes + 1] = line .. "." end
  local missing = info and result.missing_text(info) or ""
  if missing ~= "" then notes[#notes + 1] = missing .. "." end
  for _, note in ipairs(last or {}) do notes[#notes + 1] = note end
  local blocks = { { kind = "table", table = view } }
  for _, warning in ipairs(rawget(self, "warnings") or {}) do
    blocks[#blocks + 1] = { kind = "warning", text = warning }
  end
  return blocks
end

return M
