--- Simultaneous bands beside the pointwise limits of Kaplan-Meier curves, row by row.
local core = require "lobule.core"
local band_rows = require "lobule.survival.km_band_rows"

--- Adds band_low and band_high to the rows of tidy(): the step of the band that holds at each time;
--- NA outside the band's ends.
---@param km lobule.KM
---@param frame lobule.Frame        of tidy()
---@param type "equal-precision"|"hall-wellner"
---@return lobule.Frame
return function(km, frame, type)
  local low, high, at = {}, {}, 0
  local time = frame:column("time"):totable()
  for g = 1, #km.info.groups.label do
    local rows, k = band_rows(km, g, type), 0
    for _ = 1, #km.fit:curve(g) do
      at = at + 1
      while rows[k + 1] and rows[k + 1].time <= time[at] do k = k + 1 end
      local row = k > 0 and time[at] <= rows[#rows].time and rows[k] or {}
      low[at], high[at] = row.conf_low or core.NA, row.conf_high or core.NA
    end
  end
  low.n, high.n = at, at
  local columns = core.frame { { "band_low", low, "real" }, { "band_high", high, "real" } }
  for _, name in ipairs { "band_low", "band_high" } do
    frame = core.with_column(frame, name, columns:column(name))
  end
  return frame
end
