--- The entries of a session as a script: those that worked, without those that only looked, run
--- again from nothing to see that they give the same.
local chain = require "lobule.prompt.chain"
local core = require "lobule.core"
local entry = require "lobule.prompt.entry"
local host = require "lobule.host"
local tokens = require "lobule.prompt.tokens"

local M = {}

-- Methods that leave something behind: an expression that calls one is no mere look.
local EFFECTS <const> = { save = true, csv = true, print = true, append_csv = true }

local function has_effect(source)
  local list = tokens.list(source)
  for i, token in ipairs(list) do
    if token.kind == "name" and EFFECTS[token.text] and list[i + 1]
      and (list[i + 1].text == "(" or list[i + 1].text == "{" or list[i + 1].kind == "string") then
      return true
    end
  end
  return false
end

local function is_expression(source)
  return load("return " .. source, "=entry", "t", {}) ~= nil
end

--- Earlier results that a source names: `_` (of entry n) and `_7`, as entry numbers.
local function results_used(source, last)
  local used = {}
  for _, token in ipairs(tokens.list(source)) do
    if token.kind == "name" then
      local n = math.tointeger(tonumber(token.text:match "^_(%d+)$"))
      if n then used[n] = true end
      local bars = token.text:match "^(_+)$"
      if bars and last[#bars] then used[last[#bars]] = true end
    end
  end
  return used
end

--- `_`, `__`, `___` of an entry as the numbered names that the script has.
local function with_numbers(source, last)
  local parts, at = {}, 1
  for _, token in ipairs(tokens.list(source)) do
    local bars = token.kind == "name" and token.text:match "^(_+)$"
    if bars and last[#bars] then
      parts[#parts + 1] = source:sub(at, token.start - 1) .. "_" .. last[#bars]
      at = token.stop + 1
    end
  end
  return table.concat(parts) .. source:sub(at)
end

--- The entries of code that worked, with the results that each can name.
local function working(session)
  local list, last = {}, {}
  for _, one in ipairs(session.transcript) do
    if one.kind == "code" and one.ok then
      list[#list + 1] = { text = one.text, number = one.number,
        last = table.move(last, 1, 3, 1, {}), result = one.result }
      if one.result then table.insert(last, 1, one.number) end
    end
  end
  return list
end

--- Numbers of the entries whose results others need, those needed by needed ones too.
local function needed_results(list)
  local needed = {}
  for i = #list, 1, -1 do
    local one = list[i]
    if needed[one.number] or not one.result or has_effect(one.text) then
      for n in next, results_used(one.text, one.last) do needed[n] = true end
    end
  end
  return needed
end

--- An expression of an entry as the script holds it: named when others need it, for what it leaves
--- behind, or not at all.
local function expression_line(source, number, needed)
  if needed then return ("local _%d = %s"):format(number, source) end
  if has_effect(source) and load(source, "=entry", "t", {}) then return source end
end

--- What the script holds of an entry; nil: it only looked.
local function script_lines(one, needed)
  local source = with_numbers(one.text, one.last)
  if is_expression(source) then return (expression_line(source, one.number, needed)) end
  local before, last = nil, nil
  if one.result then before, last = entry.split_last(source) end
  if not before then return source end
  local line = expression_line(last, one.number, needed)
  return line and before .. line or before:gsub("%s+$", "")
end

local HEAD <const> = 'local lb = require "lobule"'

--- Raises for a file that holds something else than a script which .save wrote.
---@param path string
function M.check_target(path)
  local kind = host.path_kind(path)
  if kind == nil then return end
  local file = kind == "file" and io.open(path, "rb")
  local head = file and file:read(#HEAD)
  if file then file:close() end
  if head == HEAD then return end
  core.raise("argument", (".save: %s is there already and is no saved session"):format(path),
    "Choose another name, such as session.lua.")
end

--- The script of a session.
---@param session lobule.prompt.Session
---@return string text
---@return integer n                entries in it
function M.text(session)
  local list = working(session)
  local needed = needed_results(list)
  local lines = { HEAD, "" }
  local n = 0
  for _, one in ipairs(list) do
    local text = script_lines(one, needed[one.number])
    if text then
      lines[#lines + 1] = text
      n = n + 1
    end
  end
  return table.concat(lines, "\n") .. "\n", n
end

--- What makes two values the same: the numbers of results and frames, the value of plain ones; nil
--- for what cannot be compared.
local function mark(value)
  local kind = type(value)
  if kind == "number" or kind == "string" or kind == "boolean" then return tostring(value) end
  local thing = chain.of(value)
  if thing.frame then return core.format_csv(thing.frame) end
  if not thing.class then return nil end
  local ok, json = pcall(function() return value:to_json() end)
  return ok and json or nil
end

--- Runs a script in a fresh environment and compares the variables.
---@param session lobule.prompt.Session
---@param text string
---@return string[] differing       names, sorted
---@return integer n                names that were compared
function M.compare(session, text)
  local env = host.environment()
  local chunk = assert(load(entry.keep_locals(text), "=script", "t", env))
  chunk()
  local differing, n = {}, 0
  for name, value in next, session.env do
    local before = type(name) == "string" and not name:find "^_+%d*$" and mark(value)
    if before then
      n = n + 1
      if mark(rawget(env, name)) ~= before then differing[#differing + 1] = name end
    end
  end
  table.sort(differing)
  return differing, n
end

return M
