--- How the prompt shows the results of an entry.
local M = {}

--- Shows values as print does.
---@param session lobule.prompt.Session
---@param results table             packed, with n
function M.show(session, results)
  session.env.print(table.unpack(results, 1, results.n))
end

return M
