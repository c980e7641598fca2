--- What differs between a report as saved and as made again: numbers of results, lines of text.
local core = require "lobule.core"

local M = {}

local function shown(value)
  if value == nil then return "nothing" end
  if type(value) == "number" then return core.format_number(value) end
  if value == core.NA then return "NA" end
  return type(value) == "table" and core.json_encode(value) or tostring(value)
end

local LAST <const> = { curve = true, vcov = true } -- long, and what they say stands elsewhere too

local function keys_of(a, b)
  local seen, keys = {}, {}
  for _, t in ipairs { a, b } do
    for key in next, t do
      if not seen[key] then keys[#keys + 1], seen[key] = key, true end
    end
  end
  table.sort(keys, function(x, y)
    if LAST[x] ~= LAST[y] then return LAST[y] == true end
    if type(x) == type(y) then return x < y end
    return type(x) == "number"
  end)
  return keys
end

local NAMES <const> = { "term", "strata", "label", "name", "test", "variable", "level" }

--- The name of row i of a table of columns: its first column of texts.
local function row_name(columns, i)
  for _, name in ipairs(NAMES) do
    local column = type(columns) == "table" and columns[name]
    if type(column) == "table" and type(column[i]) == "string" then
      local again = column[i - 1] == column[i] or column[i + 1] == column[i]
      return again and ("%s, %d"):format(column[i], i) or column[i]
    end
  end
  return i
end

local changes_of

local function table_changes(before, after, path, parent, list)
  for _, key in ipairs(keys_of(before, after)) do
    local label = type(key) == "number" and ("[%s]"):format(row_name(parent, key))
      or (path == "" and key or "." .. key)
    changes_of(before[key], after[key], path .. label, before, list)
  end
end

function changes_of(before, after, path, parent, list)
  if type(before) == "table" and type(after) == "table" and before ~= core.NA
    and after ~= core.NA then
    table_changes(before, after, path, parent, list)
  elseif before ~= after and not (before ~= before and after ~= after) then
    list[#list + 1] = ("%s: %s in the report, %s run again"):format(path, shown(before),
      shown(after))
  end
end

local function name_of(record, i)
  local parts = { ("result %d"):format(i) }
  for _, field in ipairs { "kind", "formula", "label" } do
    if type(record) == "table" and type(record[field]) == "string" then
      parts[#parts + 1] = record[field]
    end
  end
  return table.concat(parts, ", ")
end

--- Results that differ, each with its changes.
---@param before table[]            records as the report holds them
---@param after table[]             records as made again
---@return table[]                  # { name, changes }
function M.results(before, after)
  local again = core.json_decode(core.json_encode(after))
  local list = {}
  for i = 1, math.max(#before, #again) do
    local changes = {}
    changes_of(before[i], again[i], "", nil, changes)
    if #changes > 0 then list[#list + 1] = { name = name_of(before[i] or again[i], i),
      changes = changes } end
  end
  return list
end

local function by_name(list)
  local found = {}
  for _, one in ipairs(type(list) == "table" and list or {}) do
    if type(one) == "table" and type(one.name) == "string" then found[one.name] = one end
  end
  return found
end

--- Changes of one named result; its record stands beside its name or among the report's results.
local function named_changes(before, after, saved, again)
  if not before then return { "not in the report" } end
  if not after then return { "no longer among what the recipe returns" } end
  local list = {}
  if before.record ~= nil or after.record ~= nil or before.result ~= after.result then
    changes_of(before.record or saved[before.result], after.record or again[after.result], "", nil,
      list)
  end
  local same <const> = #list == 0 and (before.record ~= nil or #M.results(
    { saved[before.result] }, { again[after.result] }) == 0)
  if same and before.sha256 ~= after.sha256 then
    list[1] = "its SHA-256 in the report is not that of its numbers: it was edited"
  end
  return list
end

--- Named results of a recipe that differ, each with its changes.
---@param before table              provenance.recipe.results as the report holds it
---@param after table[]             the same, made again
---@param saved table[]             the report's results
---@param records table[]           the same, made again
---@return table[] differing        # { name, changes }
---@return integer n                named results in either
function M.named(before, after, saved, records)
  local now = core.json_decode(core.json_encode { results = after, records = records })
  local old, new, names, list = by_name(before), by_name(now.results), {}, {}
  for _, name in ipairs(keys_of(old, new)) do names[#names + 1] = name end
  for _, name in ipairs(names) do
    local changes = named_changes(old[name], new[name], saved, now.records)
    if #changes > 0 then
      list[#list + 1] = { name = ("result '%s'"):format(name), changes = changes }
    end
  end
  return list, #names
end

local function lines_of(text)
  local list = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do list[#list + 1] = line end
  return list
end

--- What a reader sees of a line of HTML.
local function visible(line)
  local text = line:gsub("<[^>]*>", " "):gsub("&lt;", "<"):gsub("&gt;", ">"):gsub("&amp;", "&")
    :gsub("%s+", " "):match "^%s*(.-)%s*$"
  if text == "" then text = line:match "^%s*(.-)%s*$" end
  return #text > 160 and text:sub(1, 157) .. "..." or text
end

--- The heading, caption or label that stands before a line.
local function place_of(lines, i)
  for k = math.min(i, #lines), 1, -1 do
    local name = lines[k]:match '<caption.->(.-)</caption>' or lines[k]:match "<h%d[^>]*>(.-)</h%d>"
      or lines[k]:match "<figcaption>(.-)</figcaption>" or lines[k]:match '"caption": "(.-)"'
    if name then return ("line %d, under '%s'"):format(i, visible(name)) end
  end
  return ("line %d"):format(i)
end

--- Lines that differ, matched from both ends where lines came or went.
---@param before string
---@param after string
---@return table[] changes          { place, before, after }
---@return integer unseen           lines that differ in what is not text: drawings, styles
function M.lines(before, after)
  local a, b = lines_of(before), lines_of(after)
  local unseen = 0
  local first, last_a, last_b = 1, #a, #b
  while first <= math.min(last_a, last_b) and a[first] == b[first] do first = first + 1 end
  while last_a >= first and last_b >= first and a[last_a] == b[last_b] do
    last_a, last_b = last_a - 1, last_b - 1
  end
  local list = {}
  for i = first, math.max(last_a, last_b) do
    local x, y = i <= last_a and a[i] or nil, i <= last_b and b[i] or nil
    local seen_x, seen_y = x and visible(x), y and visible(y)
    if x ~= y and (seen_x == seen_y or (seen_x or seen_y):find "^<") then
      unseen = unseen + 1
    elseif x ~= y then
      list[#list + 1] = { place = place_of(a, i), before = seen_x or "(no such line)",
        after = seen_y or "(no such line)" }
    end
  end
  return list, unseen
end

return M
