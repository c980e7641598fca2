--- The simultaneous band of one curve for the figure, as rows.
local core = require "lobule.core"

---@param km lobule.KM
---@param g integer
---@param type "equal-precision"|"hall-wellner"
---@return table[]                  # strata, time, estimate, conf_low, conf_high
return function(km, g, type)
  local name = km.info.groups.name[g]
  local rows, all = {}, km:band({ type = type }):rows_list()
  for _, row in ipairs(all) do
    if row.strata == (name ~= "" and name or "all") then
      for _, key in ipairs { "conf_low", "conf_high" } do
        if row[key] == core.NA then row[key] = nil end
      end
      rows[#rows + 1] = row
    end
  end
  return rows
end
