--- What an entry of the prompt means: a dot command, a request for help, or Lua, with what makes
--- pasted scripts run: prompts taken off, chunk-level locals kept, a chain continued.
local tokens = require "lobule.prompt.tokens"

local M = {}

--- Is a text only the beginning of something?
local function is_begun(text)
  local expression, statements = "return " .. text, M.keep_locals(text)
  if load(expression, "=entry", "t", {}) then return false end
  local chunk, message = load(statements, "=entry", "t", {})
  return not chunk and message:find "<eof>$" ~= nil
end

--- Prompts in a pasted text are taken off. Lines of a pasted session without one go on with the
--- entry above them if it is not complete; the others are its output and are left out.
---@param text string
---@return string
function M.without_prompts(text)
  if not text:find "^%s*lb> " and not text:find "\n%s*lb> " then return text end
  local entries, open = {}, false
  for line in (text .. "\n"):gmatch "(.-)\r?\n" do
    local first, more = line:match "^%s*lb> ?(.*)$", line:match "^%s*%.%.> ?(.*)$"
    if first then
      entries[#entries + 1] = first
    elseif #entries > 0 and (more or open) then
      entries[#entries] = entries[#entries] .. "\n" .. (more or line)
    end
    if #entries > 0 and (first or more or open) then open = is_begun(entries[#entries]) end
  end
  return table.concat(entries, "\n")
end

local OPENS <const> = { ["function"] = true, ["do"] = true, ["then"] = true, ["repeat"] = true,
  ["("] = true, ["{"] = true, ["["] = true }
local CLOSES <const> = { ["end"] = true, ["until"] = true, [")"] = true, ["}"] = true,
  ["]"] = true }

--- Depth of blocks and brackets after a token. `then` closes what `elseif` has left open.
local function deeper(depth, token)
  if token.kind == "string" or token.kind == "comment" then return depth end
  if OPENS[token.text] then return depth + 1 end
  if CLOSES[token.text] or token.text == "elseif" then return depth - 1 end
  return depth
end

--- The names of `local a <const>, b` from token i on, and the index after them; nil when a variable
--- has to be closed, which only a true local can.
local function local_names(list, i)
  local names = {}
  while list[i] and list[i].kind == "name" do
    names[#names + 1] = list[i].text
    i = i + 1
    if list[i] and list[i].text == "<" and list[i + 1] then
      if list[i + 1].text == "close" then return nil end
      i = i + 3
    end
    if not (list[i] and list[i].text == ",") then break end
    i = i + 1
  end
  return #names > 0 and names or nil, i
end

--- The rewriting of one chunk-level `local` at token i: the text put in place of tokens i to the
--- one before `next`.
local function rewritten(list, i)
  local after = list[i + 1]
  if after and after.text == "function" then return "", i + 1 end
  local names, rest = local_names(list, i + 1)
  if not names then return nil end
  local text = table.concat(names, ", ")
  local sign = list[rest]
  if not (sign and sign.text == "=") then text = text .. " = nil" end
  return text .. " ", rest
end

--- Chunk-level locals become variables of the session, so that they live on in the next entry.
---@param text string
---@return string
function M.keep_locals(text)
  local list, depth, parts, at = {}, 0, {}, 1
  for _, token in ipairs(tokens.list(text)) do
    if token.kind ~= "comment" then list[#list + 1] = token end
  end
  for i, token in ipairs(list) do
    if depth == 0 and token.text == "local" and token.kind == "keyword" then
      local replaced, rest = rewritten(list, i)
      if replaced then
        local stop = list[rest] and list[rest].start or #text + 1
        local lines = select(2, text:sub(token.start, stop - 1):gsub("\n", ""))
        parts[#parts + 1] = text:sub(at, token.start - 1) .. replaced .. ("\n"):rep(lines)
        at = stop
      end
    end
    depth = deeper(depth, token)
  end
  return table.concat(parts) .. text:sub(at)
end

--- The variable that the last chunk-level assignment of a source sets; nil without one.
---@param source string
---@return string?
function M.assigned(source)
  local depth, name, before, kept = 0, nil, nil, M.keep_locals(source)
  local list = tokens.list(kept)
  for i, token in ipairs(list) do
    local lone = before == nil or before.text ~= "," and before.text ~= "." and before.text ~= ":"
    if depth == 0 and token.kind == "name" and lone and list[i + 1] and list[i + 1].text == "=" then
      name = token.text
    end
    depth = deeper(depth, token)
    before = token
  end
  return name
end

--- The kind of an entry and what it is about.
---@param text string
---@param subject? string           what a line that begins with a colon goes on with: "_"
---@return "empty"|"command"|"help"|"search"|"code" kind
---@return string subject           a command's line without the dot, a topic, or Lua source
function M.read(text, subject)
  text = M.without_prompts(text)
  if not text:find "%S" then return "empty", "" end
  local command = text:match "^%s*%.(%a.*)$"
  if command and not text:find "\n%s*%S" then return "command", (command:gsub("%s+$", "")) end
  local word = text:match "^%s*%?%?%s*(.-)%s*$"
  if word then return "search", word end
  local topic = text:match "^%s*%?%s*(.-)%s*$" or text:match "^%s*([%w_.:\"' ]-)%s*%?%s*$"
  if topic and topic ~= "" then return "help", (topic:gsub("[\"']", "")) end
  if text:find "^%s*:[%a_]" then text = text:gsub("^%s*", subject or "_", 1) end
  return "code", text
end

--- Splits statements that end with an expression on lines of its own.
---@param source string
---@return string? statements       nil: it is not so
---@return string? expression
function M.split_last(source)
  local at = #source
  repeat
    at = source:sub(1, at):match "^.*()\n"
    if not at then return nil end
    local statements, last = source:sub(1, at), source:sub(at + 1)
    if load(statements .. "return " .. last, "=entry", "t", {}) then return statements, last end
    at = at - 1
  until load(source:sub(1, at), "=entry", "t", {})
end

--- Runs a chunk that ends in `return nil, f(x)`, for its values. `return f(x)` would be a tail
--- call: the entry's own line would be gone from errors inside f.
local function valued(chunk)
  return chunk and function(...) return select(2, chunk(...)) end
end

local function compiles(source, env, name)
  local chunk = load("return nil, " .. source, name, "t", env)
  if chunk then return valued(chunk) end
  local statements, message = load(source, name, "t", env)
  if statements then return statements end
  local before, last = M.split_last(source)
  if not before then return nil, message end
  chunk, message = load(before .. "return nil, " .. last, name, "t", env)
  return valued(chunk), message
end

--- The chunk of Lua source, as an expression or as statements; nil and the message. `<eof>` at the
--- message's end says that only the end is missing.
---@param source string
---@param env table
---@param name string               chunk name
---@return function? chunk
---@return string? message
function M.compile(source, env, name)
  return compiles(M.keep_locals(source), env, name)
end

--- Whether an entry can be run as it stands.
---@param text string
---@return "complete"|"incomplete"|"invalid" state
---@return string? message
function M.state(text)
  local kind, source = M.read(text)
  if kind ~= "code" then return "complete" end
  local chunk, message = M.compile(source, {}, "=entry")
  if chunk then return "complete" end
  local lacks_end = message:find "<eof>$" and not message:find "unfinished string near <eof>$"
  return lacks_end and "incomplete" or "invalid", message
end

return M
