--- What reports call the terms of a model, the same in tables, forests and comparisons.
local M = {}

--- The parts of "a:b"; "SIRT:pancreas".
---@param text string
---@return string[]
function M.split(text)
  local parts = {}
  for part in text:gmatch "[^:]+" do parts[#parts + 1] = part end
  return parts
end

---@param term table                variable, level
---@return boolean
function M.is_interaction(term)
  return (term.variable or term.term):find(":", 1, true) ~= nil
end

--- "[2]" of the second column of ns(age, 3), nil of a term that is one column.
---@param term table                term, variable, level
---@return string?
function M.basis_number(term)
  return not term.level and term.term ~= term.variable and term.term:match "%[%d+%]$" or nil
end

--- The column's label, the parts of an interaction joined by x: "Age (years) x Sex".
---@param variable string
---@param labels table<string, string>
---@return string
function M.variable(variable, labels)
  local parts = M.split(variable)
  for i, part in ipairs(parts) do parts[i] = labels[part] or part end
  return table.concat(parts, " x ")
end

--- "female"; "Lev x female" in an interaction.
---@param level string
---@return string
function M.level(level)
  return table.concat(M.split(level), " x ")
end

--- "Sex: female vs male", "Age (years)"; an interaction is no contrast of two levels but a ratio of
--- ratios: "Treatment x Sex: Lev x female".
---@param term table                term, variable, level, reference
---@param labels table<string, string>
---@return string
function M.label(term, labels)
  local text = M.variable(term.variable or term.term, labels)
  if not term.level then return text .. (M.basis_number(term) or "") end
  if M.is_interaction(term) then return text .. ": " .. M.level(term.level) end
  return text .. ": " .. term.level .. (term.reference and " vs " .. term.reference or "")
end

local function reference_of(terms, variable)
  for _, term in ipairs(terms) do
    if term.variable == variable and term.level then return term.reference end
  end
end

--- Where a main effect holds that takes part in interactions: "Sex = male", "Age (years) = 0"; nil
--- of one that does not.
---@param terms table[]
---@param variable string
---@param labels table<string, string>
---@return string?
function M.holds_at(terms, variable, labels)
  local at, seen = {}, {}
  for _, term in ipairs(terms) do
    local parts = M.is_interaction(term) and M.split(term.variable) or {}
    local takes_part = false
    for _, part in ipairs(parts) do takes_part = takes_part or part == variable end
    for _, part in ipairs(takes_part and parts or {}) do
      if part ~= variable and not seen[part] then
        seen[part] = true
        at[#at + 1] = (labels[part] or part) .. " = " .. (reference_of(terms, part) or "0")
      end
    end
  end
  return #at > 0 and table.concat(at, ", ") or nil
end

--- What forests leave out, in a note that names it; nil when that is nothing.
---@param terms table[]
---@param labels table<string, string>
---@return string?
function M.left_out_note(terms, labels)
  local names, seen = {}, {}
  for _, term in ipairs(terms) do
    if M.basis_number(term) and not seen[term.variable] then
      seen[term.variable] = true
      names[#names + 1] = M.variable(term.variable, labels)
    end
  end
  if #names == 0 then return nil end
  return ("Not shown: %s. The terms of a curve have no ratio of their own."):format(
    table.concat(names, ", "))
end

return M
