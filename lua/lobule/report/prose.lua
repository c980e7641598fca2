--- Text as printers set it, the same in HTML, Word and PDF.
local M = {}

--- A real minus before numbers, no line break before a percent sign nor inside "95 % CI".
---@param text string
---@return string
function M.set(text)
  local set = (" " .. text):gsub("([%s(%[])%-(%d)", "%1\u{2212}%2"):gsub("(%d) %%", "%1\u{A0}%%")
    :gsub("(%d[\u{A0}]*%%) CI", "%1\u{A0}CI")
  return set:sub(2)
end

--- Is a text a SHA-256, which is shown in a fixed-width font?
---@param text string
---@return boolean
function M.is_hash(text)
  return #text == 64 and not text:find("[^0-9a-f]")
end

return M
