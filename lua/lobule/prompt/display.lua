--- How the prompt shows the results of an entry.
local core = require "lobule.core"

local M = {}

--- Shows values as print does.
---@param session lobule.prompt.Session
---@param results table             packed, with n
function M.show(session, results)
  session.env.print(table.unpack(results, 1, results.n))
end

--- The time that an entry took.
---@param seconds number
function M.time(seconds)
  local text = seconds < 1 and ("%.0f ms"):format(1e3 * seconds) or ("%.1f s"):format(seconds)
  io.stdout:flush()
  io.stderr:write(("%s, %d threads\n"):format(text, core.threads()))
end

return M
