--- What an expression before the cursor is, without running any of it: the object a name holds, the
--- columns that a chain of verbs would have, the class that a documented function returns.
local docs = require "lobule.docs"

local M = {}

---@class lobule.prompt.Thing
---@field value? any                a live object
---@field class? string             as docs name it: "cohort", "frame", "km"
---@field frame? lobule.Frame       whose columns, types and levels hold
---@field names? string[]           columns, where verbs have changed them
---@field path? string              "lb.survival" of a namespace

local OPENER <const> = { [")"] = "(", ["}"] = "{", ["]"] = "[" }

--- The token that opens the bracket which token i closes; nil without one.
local function opener(list, i)
  local depth = 0
  for k = i, 1, -1 do
    local text = list[k].kind ~= "string" and list[k].text
    if OPENER[text] then depth = depth + 1 end
    if text == "(" or text == "{" or text == "[" then
      depth = depth - 1
      if depth == 0 then return k end
    end
  end
end

local function follows_callee(list, i)
  local before = list[i - 1]
  return before and (before.kind == "name" or before.text == ")" or before.text == "]"
    or before.text == "}" or before.kind == "string")
end

--- The first token of the chain that ends with token i.
---@param list lobule.prompt.Token[]
---@param i integer
---@return integer?
function M.start(list, i)
  while list[i] do
    local token = list[i]
    if OPENER[token.text] and token.kind == "operator" then
      i = opener(list, i)
      if not i then return nil end
      if not follows_callee(list, i) then return token.text == ")" and i or nil end
      i = i - 1
    elseif token.kind == "string" then
      if not follows_callee(list, i) then return i end
      i = i - 1
    elseif token.kind == "name" then
      local sign = list[i - 1] and list[i - 1].text
      if sign ~= "." and sign ~= ":" then return i end
      i = i - 2
    else
      return nil
    end
  end
end

--- The text of a string token, its quotes and simplest escapes undone.
---@param token lobule.prompt.Token
---@return string
function M.text(token)
  local body = token.text:match "^%[=*%[(.*)%]=*%]$"
  if body then return body end
  body = token.text:sub(2, token.open and -1 or -2)
  return (body:gsub("\\(.)", "%1"))
end

local function class_of(value)
  local meta = getmetatable(value)
  local name = type(meta) == "table" and rawget(meta, "__name")
  return type(name) == "string" and name:gsub("^lobule%.", ""):lower() or nil
end

--- What is known of a live value.
---@param value any
---@return lobule.prompt.Thing
function M.of(value)
  local thing = { value = value, class = class_of(value) }
  if thing.class == "cohort" then
    thing.frame = rawget(value, "data")
  elseif thing.class == "frame" then
    thing.frame = value
  end
  return thing
end

--- Columns of a thing, nil when it has none that are known.
---@param thing lobule.prompt.Thing?
---@return string[]?
function M.columns(thing)
  if not thing then return nil end
  return thing.names or (thing.frame and thing.frame:names())
end

-- Functions that read a file: what their columns are is in the file.
local READERS <const> = { ["lb.cohort"] = "cohort", ["lb.read"] = "frame" }
local headers = {} -- of files read for completion, by path

--- The first rows of a literal path, for names, types and levels.
local function header(path)
  if headers[path] == nil then
    local ok, frame = pcall(require("lobule.prompt.header").read, path)
    headers[path] = ok and frame or false
  end
  return headers[path] or nil
end

--- The class that a documented function returns, from its docstring.
local function returned(name)
  for _, entry in ipairs(docs.entries()) do
    if entry.name == name then
      for _, line in ipairs(entry.doc) do
        local class = line:match "^@return lobule%.(%w+)"
        if class then return class:lower() end
      end
    end
  end
end

--- The first string among the tokens of a call's arguments, if it is the first argument.
local function first_text(list, from)
  local token = list[from]
  if token and token.text == "(" then token = list[from + 1] end
  return token and token.kind == "string" and M.text(token) or nil
end

--- Names that "a = ..." strings among the arguments give.
local function assigned(list, from, to)
  local names = {}
  for i = from, to do
    local token = list[i]
    local name = token.kind == "string" and M.text(token):match "^%s*([%a_][%w_]*)%s*=[^=]"
    if name then names[#names + 1] = name end
  end
  return names
end

local function listed(list, from, to)
  local names = {}
  for i = from, to do
    if list[i].kind == "string" then names[#names + 1] = M.text(list[i]) end
  end
  return names
end

local function with_names(thing, names)
  return { class = thing.class, frame = thing.frame, names = names }
end

local CHANGES <const> = {}

function CHANGES.mutate(thing, list, from, to)
  local names, known = {}, {}
  for _, name in ipairs(M.columns(thing)) do
    names[#names + 1], known[name] = name, true
  end
  for _, name in ipairs(assigned(list, from, to)) do
    if not known[name] then names[#names + 1] = name end
  end
  return with_names(thing, names)
end

function CHANGES.summarise(thing, list, from, to)
  return with_names(thing, assigned(list, from, to))
end

function CHANGES.select(thing, list, from, to)
  return with_names(thing, listed(list, from, to))
end

function CHANGES.drop(thing, list, from, to)
  local gone, names = {}, {}
  for _, name in ipairs(listed(list, from, to)) do gone[name] = true end
  for _, name in ipairs(M.columns(thing)) do
    if not gone[name] then names[#names + 1] = name end
  end
  return with_names(thing, names)
end

--- What a method call gives: verbs keep or change the columns, others return what their docstring
--- says.
local function after_method(thing, method, list, from, to)
  if CHANGES[method] and M.columns(thing) then return CHANGES[method](thing, list, from, to) end
  local class = thing.class and returned(thing.class .. ":" .. method)
  if class == nil then return nil end
  if class == thing.class then return with_names(thing, thing.names) end
  return { class = class }
end

local function field(thing, name)
  local path = thing.path and thing.path .. "." .. name
  if type(thing.value) == "table" then
    local value = rawget(thing.value, name)
    if value == nil and thing.path == "lb" and (name == "survival" or name == "categorical"
      or name == "figure" or name == "meta") then
      value = thing.value[name] -- our own namespaces load when first read
    end
    if value ~= nil then
      local found = M.of(value)
      found.path = path
      return found
    end
  end
  return path and { path = path } or nil
end

local function called(thing, list, from)
  local reader = thing.path and READERS[thing.path]
  if reader then
    local path = first_text(list, from)
    local frame = path and header(path)
    return { class = reader, frame = frame }
  end
  local class = thing.path and returned(thing.path)
  return class and { class = class } or nil
end

--- The last token of the bracket that token i opens, or i itself for a string.
local function closer(list, i, to)
  if list[i].kind == "string" then return i end
  local depth = 0
  for k = i, to do
    local text = list[k].kind ~= "string" and list[k].text
    if text == "(" or text == "{" or text == "[" then depth = depth + 1 end
    if OPENER[text] then
      depth = depth - 1
      if depth == 0 then return k end
    end
  end
  return to
end

local function base(env, token)
  if token.kind ~= "name" then return nil end
  local value = rawget(env, token.text)
  if value == nil then value = rawget(_G, token.text) end
  if value == nil and token.text == "lb" then value = require "lobule" end
  if value == nil then return nil end
  local thing = M.of(value)
  thing.path = token.text
  return thing
end

--- The thing that tokens from..to make.
---@param env table
---@param list lobule.prompt.Token[]
---@param from integer
---@param to integer
---@return lobule.prompt.Thing?
function M.resolve(env, list, from, to)
  local i = from
  local thing
  if list[from].kind == "string" then
    thing = { value = "", class = "string" }
  elseif list[from].text == "(" then
    local stop = closer(list, from, to)
    thing, i = M.resolve(env, list, from + 1, stop - 1), stop
  else
    thing = base(env, list[from])
  end
  i = i + 1
  while thing and i <= to do
    local token = list[i]
    if token.text == "." and list[i + 1] then
      thing, i = field(thing, list[i + 1].text), i + 2
    elseif token.text == ":" and list[i + 1] then
      local stop = list[i + 2] and i + 2 <= to and closer(list, i + 2, to) or to
      thing = after_method(thing, list[i + 1].text, list, i + 2, stop)
      i = stop + 1
    elseif token.text == "(" or token.text == "{" or token.kind == "string" then
      thing, i = called(thing, list, i), closer(list, i, to) + 1
    else
      return nil
    end
  end
  return thing
end

--- Forgets the headers that were read: files may change between entries.
function M.forget()
  headers = {}
end

return M
