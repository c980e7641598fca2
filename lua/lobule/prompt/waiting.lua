--- What an unfinished entry waits for, in words: an entry that takes one line after another and
--- says nothing looks as if the program hung.
local tokens = require "lobule.prompt.tokens"

local M = {}

local BLOCKS <const> = { ["function"] = true, ["do"] = true, ["then"] = true }
local CLOSER <const> = { ["("] = ")", ["{"] = "}", ["["] = "]", ["repeat"] = "until" }
local CLOSES <const> = { [")"] = true, ["}"] = true, ["]"] = true, ["end"] = true,
  ["until"] = true }
local CONTINUES <const> = { ["="] = true, ["+"] = true, ["-"] = true, ["*"] = true, ["/"] = true,
  [".."] = true, [","] = true, ["and"] = true, ["or"] = true, ["not"] = true, ["=="] = true,
  ["<"] = true, [">"] = true, ["<="] = true, [">="] = true, ["~="] = true, [":"] = true,
  ["."] = true, ["^"] = true, ["//"] = true, ["%"] = true }

local function line_of(text, at)
  return select(2, text:sub(1, at):gsub("\n", "")) + 1
end

--- The tokens that open what nothing has closed, outermost first.
local function open_tokens(list)
  local open = {}
  for _, token in ipairs(list) do
    local text = token.kind ~= "string" and token.kind ~= "comment" and token.text
    if text == "elseif" or CLOSES[text] then open[#open] = nil end
    if BLOCKS[text] or CLOSER[text] then open[#open + 1] = token end
  end
  return open
end

--- What the entry waits for, and whether it is a block, which people write over many lines.
---@param text string
---@return string? what             nil: nothing that can be told
---@return boolean block
function M.what(text)
  local list = tokens.list(text)
  local last = list[#list]
  if not last then return nil, false end
  if last.open then
    return ("the end of the text that begins in line %d"):format(line_of(text, last.start)), false
  end
  local open = open_tokens(list)
  local inner = open[#open]
  if inner then
    local closer = CLOSER[inner.text] or "end"
    return ("'%s' for the '%s' of line %d"):format(closer, inner.text, line_of(text, inner.start)),
      BLOCKS[inner.text] or inner.text == "repeat" or false
  end
  if CONTINUES[last.text] then return ("what follows '%s'"):format(last.text), false end
  if last.kind == "name" then return ("what is done with '%s'"):format(last.text), false end
  return nil, false
end

--- The hint below an entry that is not complete; nil where none is wanted: someone who types a
--- block, or a first line, knows that it goes on.
---@param text string
---@param lines integer             lines that were ended by Enter
---@param pasted boolean            lines came otherwise
---@return string?
function M.hint(text, lines, pasted)
  local method = text:match ":%s*([%a_][%w_]*)%s*$"
  if method then return ("(a method is called with brackets: :%s())"):format(method) end
  local what, block = M.what(text)
  if not pasted and (lines < 2 or block) then return nil end
  return ("(waiting for %s; an empty line ends the entry)"):format(what or "the rest")
end

return M
