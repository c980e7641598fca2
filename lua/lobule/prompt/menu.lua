--- What the Tab key does with the candidates at a place: the text that all share goes in; several
--- are listed, with their help when they are few.
local clean = require "lobule.clean"
local core = require "lobule.core"

local M = {}

local MOST_WITH_HELP <const>, MOST <const> = 24, 400

local function common_start(list)
  local text = list[1].text
  for i = 2, #list do
    local n, other = 0, list[i].text
    while n < #text and text:byte(n + 1) == other:byte(n + 1) do n = n + 1 end
    text = text:sub(1, n)
  end
  -- Not half a character.
  while #text > 0 and not utf8.len(text) do text = text:sub(1, -2) end
  return text
end

local function cut(text, width)
  if core.text_width(text) <= width then return text end
  while text ~= "" and core.text_width(text) > width - 1 do
    text = text:sub(1, (utf8.offset(text, -1) or 1) - 1)
  end
  return text .. "…"
end

local function padded(text, width)
  return text .. (" "):rep(width - core.text_width(text))
end

local function widest(list)
  local width = 0
  for _, one in ipairs(list) do width = math.max(width, core.text_width(one.text)) end
  return width
end

local function with_help(list, width)
  local lines, first = {}, math.min(widest(list), 30)
  for i, one in ipairs(list) do
    lines[i] = cut("  " .. padded(cut(one.text, first), first) .. "  "
      .. (one.help or one.kind), width)
  end
  return lines
end

--- Names in columns, read downwards.
local function in_columns(list, width)
  local cell = math.min(widest(list) + 2, width)
  local across = math.max(1, width // cell)
  local down, lines = (#list + across - 1) // across, {}
  for i = 1, down do
    local parts = {}
    for c = 0, across - 1 do
      local one = list[i + c * down]
      if one then parts[#parts + 1] = padded(cut(one.text, cell - 2), cell) end
    end
    lines[i] = (table.concat(parts):gsub("%s+$", ""))
  end
  return lines
end

--- What is put in place of the word, and what is listed.
---@param list lobule.prompt.Candidate[]
---@param word string               what stands there
---@param width integer             of the terminal
---@return string? replacement      nil: nothing to add
---@return string? listing          lines to show
function M.choose(list, word, width)
  if #list == 0 then return nil, nil end
  if #list == 1 then return list[1].text, nil end
  local text = common_start(list)
  if #text > #word then return text, nil end
  local shown = list
  if #list > MOST then shown = table.move(list, 1, MOST, 1, {}) end
  local lines = #shown <= MOST_WITH_HELP and with_help(shown, width) or in_columns(shown, width)
  if #list > MOST then lines[#lines + 1] = ("... %d more"):format(#list - MOST) end
  return nil, clean.text(table.concat(lines, "\n"))
end

return M
