--- Whom predictions are for: what tells the people of a table of newdata apart, beside their rows.
local check = require "lobule.check"
local core = require "lobule.core"

local M = {}

local MOST <const> = 20

--- The columns of newdata that vary, if it is a table of a few people.
local function varying(newdata)
  local plain = type(newdata) == "table" and getmetatable(newdata) == nil
  if not plain then return nil, {} end
  local people, names = check.new_data(newdata), {}
  if #people > MOST then return people, names end
  for _, name in ipairs(people:names()) do
    local column, differs = people:column(name), false
    for i = 2, #people do differs = differs or column[i] ~= column[1] end
    if differs then names[#names + 1] = name end
  end
  return people, names
end

--- Predictions with the columns of newdata that vary behind their own, where newdata was given as a
--- table of at most 20 rows; a name that the predictions have themselves is left out.
---@param frame lobule.Frame        with the column `row`, numbers of the rows of newdata
---@param newdata any               as the user gave it
---@return lobule.Frame
function M.beside(frame, newdata)
  local people <const>, names <const> = varying(newdata)
  local columns = {}
  for _, name in ipairs(names) do
    if not frame:has(name) then
      local column, list, row = people:column(name), { n = #frame }, frame:column "row"
      for i = 1, #frame do
        local value = column[row[i]]
        list[i] = value == nil and core.NA or value
      end
      columns[#columns + 1] = { name, list }
    end
  end
  for _, one in ipairs(columns) do
    frame = core.with_column(frame, one[1], core.frame { one }:column(one[1]))
  end
  return frame
end

return M
