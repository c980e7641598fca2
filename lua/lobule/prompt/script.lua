--- The entries of a session as a script: those that worked, results printed as the prompt showed
--- them, run again from nothing to see that they give the same.
local chain = require "lobule.prompt.chain"
local core = require "lobule.core"
local entry = require "lobule.prompt.entry"
local host = require "lobule.host"
local tokens = require "lobule.prompt.tokens"

local M = {}

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

--- A script that was loaded, as the session's script holds it: its text, unless more cannot follow
--- that.
local function loaded_text(one)
  local text = one.text:gsub("%s+$", "")
  local follows = load(text .. "\nlocal _ = nil", "=entry", "t", {})
  return follows and text or ("dofile(%q)"):format(one.path)
end

--- The entries of code that worked, with the results that each can name.
local function working(session)
  local list, last = {}, {}
  for _, one in ipairs(session.transcript) do
    if one.kind == "code" and one.ok then
      list[#list + 1] = { text = one.text, number = one.number,
        last = table.move(last, 1, 3, 1, {}), result = one.result, results = one.results }
      if one.result then table.insert(last, 1, one.number) end
    elseif one.ok and session.loaded[one.number] then
      list[#list + 1] = { text = loaded_text(session.loaded[one.number]), number = one.number,
        last = {} }
    end
  end
  return list
end

--- Numbers of the entries whose results others name.
local function needed_results(list)
  local needed = {}
  for _, one in ipairs(list) do
    for n in next, results_used(one.text, one.last) do needed[n] = true end
  end
  return needed
end

local function loads(source)
  return load(source, "=entry", "t", {}) ~= nil
end

--- An expression without the comment or semicolon that ends it: it is to stand in brackets.
local function bare(source)
  local list = tokens.list(source)
  while list[1] and (list[#list].kind == "comment" or list[#list].text == ";") do
    list[#list] = nil
  end
  return list[1] and source:sub(1, list[#list].stop) or source
end

--- A call with an expression for its arguments.
local function around(call, source)
  local line = ("%s(%s)"):format(call, source)
  return loads("local _ = " .. line) and line or ("%s(\n%s\n)"):format(call, source)
end

--- An expression that others name, and what prints it.
local function named_lines(source, one, looks)
  local name = "_" .. one.number
  if (one.results or 1) < 2 then
    local line = ("local %s = %s"):format(name, source)
    return looks and ("%s\nprint(%s)"):format(line, name) or line
  end
  local all = name .. "_all"
  local line = ("local %s = %s\nlocal %s = %s[1]"):format(all, around("table.pack", source), name,
    all)
  return looks and ("%s\nprint(table.unpack(%s, 1, %s.n))"):format(line, all, all) or line
end

local function draws(source)
  return source:find "[.:]%s*show%f[%W]" ~= nil
end

--- An expression of an entry as the script holds it: printed, and named when others need it. One
--- without a result is a call for what it does. nil: it is not wanted.
local function expression_line(source, one, needed, looks)
  source = bare(source)
  if needed then return (named_lines(source, one, looks)) end
  if not one.result then
    if looks or not draws(source) then return source end
  elseif looks then
    return (around("print", source))
  elseif loads(source) then
    return source -- a call may also do something
  end
end

--- A source without the `return` that ends it, after which no other entry could follow.
local function without_return(source)
  if loads(source .. "\nlocal _ = nil") then return source end
  local list = tokens.list(source)
  for i = #list, 1, -1 do
    local token = list[i]
    local before, after = source:sub(1, token.start - 1), source:sub(token.stop + 1)
    if token.text == "return" and loads(before) and is_expression(after) then
      return before .. after:gsub("^%s+", ""), before
    end
  end
  return source
end

--- What the script holds of an entry; nil: nothing.
local function script_lines(one, needed, looks)
  local source, ahead = without_return(with_numbers(one.text, one.last))
  if ahead then
    local line = expression_line(source:sub(#ahead + 1), one, needed, looks)
    return line and ahead .. line or ahead
  end
  if is_expression(source) then return (expression_line(source, one, needed, looks)) end
  local before, last = nil, nil
  if one.result then before, last = entry.split_last(source) end
  if not before then return source end
  local line = expression_line(last, one, needed, looks)
  return line and before .. line or before:gsub("%s+$", "")
end

--- Notes the names in a source; true when one that it declares as a local has been in use before:
--- at the prompt that was an assignment to the same variable.
local function declares_again(source, seen)
  local list, again, declaring = {}, false, false
  for _, token in ipairs(tokens.list(source)) do
    if token.kind ~= "comment" then list[#list + 1] = token end
  end
  for i, token in ipairs(list) do
    local before = list[i - 1] and list[i - 1].text
    if before == "local" then declaring = true end
    if token.text == "=" or token.kind == "keyword" and token.text ~= "function" then
      declaring = false
    end
    if declaring and token.kind == "name" and seen[token.text] then again = true end
  end
  for _, token in ipairs(list) do
    if token.kind == "name" then seen[token.text] = true end
  end
  return again
end

local HEAD <const> = 'local lb = require "lobule"'

--- A statement that begins with a bracket would go on with the line before it, as a call.
local function apart(source)
  for _, token in ipairs(tokens.list(source)) do
    if token.kind ~= "comment" then return token.text == "(" and ";" .. source or source end
  end
  return source
end

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
---@param quiet? boolean            without what prints results or draws figures
---@return string text
---@return integer n                entries in it
function M.text(session, quiet)
  local list = working(session)
  local needed, seen = needed_results(list), {}
  local lines, n = {}, 0
  for _, one in ipairs(list) do
    local text = script_lines(one, needed[one.number], not quiet)
    if text then
      text = apart(text)
      lines[#lines + 1] = declares_again(text, seen) and entry.keep_locals(text) or text
      n = n + 1
    end
  end
  local text = table.concat(lines, "\n") .. "\n"
  local head = HEAD .. "\n\n"
  -- Constants that are set again, more locals than a function may have.
  return head .. (loads(head .. text) and text or entry.keep_locals(text)), n
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

--- Runs the session's script in a fresh environment, nothing printed, and compares the variables.
---@param session lobule.prompt.Session
---@return string[] differing       names, sorted
---@return integer n                names that were compared
function M.compare(session)
  local env = host.environment()
  env.print = function() end
  local chunk = assert(load(entry.keep_locals((M.text(session, true))), "=script", "t", env))
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
