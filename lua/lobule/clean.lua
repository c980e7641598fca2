--- Text of a stranger made fit to be shown: no control characters, which would steer a terminal,
--- and no more of it than somebody reads.
local M = {}

M.MOST_LINES = 1000
M.MOST_BYTES = 64 * 1024
local LEFT_OUT <const> = "... what is printed beyond this is left out"

--- The text with control characters (line ends and tabs are none), and the marks that reorder what
--- stands beside them, as "?"; bytes that are no UTF-8 likewise.
---@param text string
---@return string
function M.text(text)
  if text:find "[\0-\8\11-\31\127]" then text = text:gsub("[\0-\8\11-\31\127]", "?") end
  if not text:find "[\128-\255]" then return text end
  if not utf8.len(text) then text = text:gsub("[\128-\255]", "?") end
  return (text:gsub("\xc2[\x80-\x9f]", "?"):gsub("\xe2\x80[\xaa-\xae]", "?")
    :gsub("\xe2\x81[\xa6-\xa9]", "?"):gsub("\xe2\x80[\xa8\xa9]", " "))
end

--- A function that hands texts on until there is too much, then says so once.
---@param show fun(text: string)
---@param most_lines integer
---@param most_bytes integer
---@return fun(text: string)
function M.limited(show, most_lines, most_bytes)
  local lines, bytes, over = 0, 0, false
  return function(text)
    if over then return end
    local _, ends = text:gsub("\n", "")
    lines, bytes = lines + ends + 1, bytes + #text + 1
    over = lines > most_lines or bytes > most_bytes
    show(over and LEFT_OUT or text)
  end
end

return M
