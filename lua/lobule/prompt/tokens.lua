--- Lua source as tokens with their places: what the prompt needs to know of an entry that may be
--- half written.
local M = {}

---@class lobule.prompt.Token
---@field kind "name"|"keyword"|"number"|"string"|"comment"|"operator"
---@field text string
---@field start integer             first byte
---@field stop integer              last byte
---@field open? boolean             a string or comment that the text does not end

local KEYWORDS <const> = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat
  return then true until while]]):gmatch "%a+" do
  KEYWORDS[word] = true
end

--- The end of a long bracket that begins at `at` ("[[", "[==["), and whether it is open; nil when
--- none begins there.
local function long_bracket(text, at)
  local equals = text:match("^%[(=*)%[", at)
  if not equals then return nil end
  local _, stop = text:find("]" .. equals .. "]", at, true)
  return stop or #text, stop == nil
end

--- The end of a quoted string. A line's end leaves it open, as Lua sees it; \z and \ before a
--- line's end do not.
local function quoted(text, at)
  local quote, i = text:sub(at, at), at + 1
  while i <= #text do
    local c = text:sub(i, i)
    if c == "\\" then
      i = i + 1
    elseif c == quote then
      return i, false
    elseif c == "\n" then
      return i - 1, true
    end
    i = i + 1
  end
  return #text, true
end

local function comment(text, at)
  local stop, open = long_bracket(text, at + 2)
  if stop then return stop, open end
  return (text:find("\n", at, true) or #text + 1) - 1, false
end

local OPERATORS <const> = { "...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>" }

local function operator(text, at)
  for _, known in ipairs(OPERATORS) do
    if text:sub(at, at + #known - 1) == known then return at + #known - 1 end
  end
  return at
end

local function next_token(text, at)
  local c = text:sub(at, at)
  if c:find "[%a_]" then
    local _, stop = text:find("^[%w_]+", at)
    return KEYWORDS[text:sub(at, stop)] and "keyword" or "name", stop
  elseif text:find("^%.?%d", at) then
    local exponent = text:find("^0[xX]", at) and "[pP]" or "[eE]"
    local _, stop = text:find("^[%x.xX]*" .. exponent .. "[+-]%d*", at)
    if not stop then _, stop = text:find("^[%w.]+", at) end
    return "number", stop
  elseif text:sub(at, at + 1) == "--" then
    return "comment", comment(text, at)
  elseif c == '"' or c == "'" then
    return "string", quoted(text, at)
  elseif c == "[" then
    local stop, open = long_bracket(text, at)
    if stop then return "string", stop, open end
  end
  return "operator", operator(text, at)
end

--- The tokens of a text, comments among them.
---@param text string
---@return lobule.prompt.Token[]
function M.list(text)
  local list, at = {}, text:find "%S"
  while at do
    local kind, stop, open = next_token(text, at)
    list[#list + 1] = { kind = kind, text = text:sub(at, stop), start = at, stop = stop,
      open = open or nil }
    at = text:find("%S", stop + 1)
  end
  return list
end

return M
