--- Words on the terminal that a stranger's recipe may have written: no control characters pass.
local process = require "lobule.recipe.process"

local M = {}

--- Text without control characters but line ends: no escape sequence of a recipe reaches a
--- terminal.
---@param text string
---@return string
function M.plain(text)
  text = text:gsub("[\0-\9\11-\31\127]", " ")
  return (text:gsub("\xC2[\x80-\x9F]", " ")) -- C1 controls in UTF-8
end

--- An error in one line: message and mend, without the place in our own code that raised it.
---@param problem any
---@return string
function M.problem(problem)
  if type(problem) ~= "table" then return M.plain(tostring(problem)) end
  local text, mend = problem.message:gsub("^(%S+%.lua): %1:", "%1:"), problem.context
  if type(mend) == "string" and mend ~= "" and mend ~= process.LIMIT then
    text = text .. (text:find "[.?!:;]$" and " " or ". ") .. mend
  end
  return (M.plain(text):gsub("%s*\n%s*", " "))
end

--- Prints a line made as string.format makes it.
---@param text string
---@param ... any
function M.line(text, ...)
  if select("#", ...) > 0 then text = text:format(...) end
  print((M.plain(text):gsub("\n", " ")))
end

--- Prints text in lines of at most 80 columns, each after `indent` blanks.
---@param text string
---@param indent integer
---@param first? string             what stands before the first line instead of blanks
function M.wrapped(text, indent, first)
  local line, width = first or (" "):rep(indent), 80
  local empty = true
  for word in M.plain(text):gmatch "%S+" do
    if not empty and #line + 1 + #word > width then
      print((line:gsub("%s+$", "")))
      line, empty = (" "):rep(indent), true
    end
    line, empty = line .. (empty and "" or " ") .. word, false
  end
  print((line:gsub("%s+$", "")))
end

return M
