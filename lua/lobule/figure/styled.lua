--- A figure's description in a journal's style: the texts that results made; names are left alone.
local restyle = require "lobule.restyle"

local function each(list, name, profile)
  for _, one in ipairs(list or {}) do
    if type(one[name]) == "string" then one[name] = restyle.sentence(one[name], profile) end
  end
end

---@param spec table                a copy, which is changed
---@param desc string               what the figure says of itself
---@param profile lobule.Journal
---@return table spec
return function(spec, desc, profile)
  spec.mark, spec.desc = profile.decimal, restyle.sentence(desc, profile)
  each(spec.curves, "note", profile)
  each(spec.rows, "text", profile)
  for i, line in ipairs(spec.annotation or {}) do
    spec.annotation[i] = restyle.sentence(line, profile)
  end
  for _, row in ipairs(spec.rows or {}) do
    for c, cell in ipairs(row.cells or {}) do row.cells[c] = restyle.cell(cell, profile) end
  end
  if type(spec.estimate_label) == "string" then
    spec.estimate_label = restyle.sentence(spec.estimate_label, profile)
  end
  return spec
end
