--- A figure's description in a journal's style: the texts that results made; names are left alone.
local restyle = require "lobule.restyle"
local shown = require "lobule.shown"

local function each(list, name, profile)
  for _, one in ipairs(list or {}) do
    if type(one[name]) == "string" then one[name] = restyle.sentence(one[name], profile) end
  end
end

--- How many digits a p value has is the journal's rule: it is made anew from the value.
local function p_note(line, profile)
  local text = line.p_value and line.label .. " " .. shown.p_phrase(line.p_value, profile)
    or restyle.sentence(line.text, profile)
  return { text = text, label = line.label, p_value = line.p_value }
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
    spec.annotation[i] = type(line) == "table" and p_note(line, profile)
      or restyle.sentence(line, profile)
  end
  for _, row in ipairs(spec.rows or {}) do
    for c, cell in ipairs(row.cells or {}) do row.cells[c] = restyle.cell(cell, profile) end
  end
  if type(spec.estimate_label) == "string" then
    spec.estimate_label = restyle.sentence(spec.estimate_label, profile)
  end
  return spec
end
