--- Curves of groups one below the other: the frames that tidy() and at() return.
local core = require "lobule.core"
local result = require "lobule.result"

local M = {}

--- Frames with the same columns one below the other, NaN as NA, with columns of text in front that
--- say whose rows they are.
---@param frames lobule.Frame[]
---@param keys table[]              a list of { name, a text for each frame, label = }
---@param time_unit? string         unit of the column "time"
---@return lobule.Frame
function M.stack(frames, keys, time_unit)
  local columns = {}
  for j, key in ipairs(keys) do
    local texts, n = {}, 0
    for k, frame in ipairs(frames) do
      for i = n + 1, n + #frame do texts[i] = key[2][k] end
      n = n + #frame
    end
    texts.n = n
    columns[j] = { key[1], texts, "text", label = key.label }
  end
  if #frames > 0 then
    local stacked = core.stack(frames)
    for _, name in ipairs(stacked:names()) do
      columns[#columns + 1] = { name, stacked:column(name),
        unit = name == "time" and time_unit or nil }
    end
  end
  return (result.frame(columns))
end

return M
