--- The head of a data file, read so that completion knows its columns.
local core = require "lobule.core"

local M = {}

local HEAD <const> = 256 * 1024 -- bytes

--- A frame of the first rows of a CSV file.
---@param path string
---@return lobule.Frame
---@raise a file that cannot be read or is no CSV
function M.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read(HEAD) or ""
  local whole = #text < HEAD
  file:close()
  if text:find "^PK" or text:find "%z" then error("not CSV", 0) end
  if not whole then text = text:match "^(.*\n)" or text end
  local frame = core.parse_csv(text, path, {})
  return frame
end

return M
