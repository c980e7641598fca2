--- Text for what is read as XML or HTML: characters that have no place there show as U+FFFD.
local M = {}

local REPLACEMENT <const> = "\u{FFFD}"
local ENTITIES <const> = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;",
  ["'"] = "&#39;" }

--- Text that XML 1.0 can hold (its section 2.2): control characters, U+FFFE and U+FFFF become
--- U+FFFD, as does every byte above 127 of a text that is not UTF-8.
---@param text string
---@return string
function M.clean(text)
  if not utf8.len(text) then text = text:gsub("[\x80-\xFF]", REPLACEMENT) end
  text = text:gsub("[\0-\8\11\12\14-\31\127]", REPLACEMENT)
  return (text:gsub("\xEF\xBF[\xBE\xBF]", REPLACEMENT))
end

--- Cleaned text for element content or a double-quoted attribute.
---@param text string
---@return string
function M.escape(text)
  return (M.clean(text):gsub('[&<>"]', ENTITIES))
end

--- The same for an attribute in any quotes.
---@param text string
---@return string
function M.escape_all(text)
  return (M.clean(text):gsub("[&<>\"']", ENTITIES))
end

return M
