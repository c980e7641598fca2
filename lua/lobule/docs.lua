--- The docstrings of the library, read from its own sources: help(), `lobule help` and editors show
--- the same text.
local M = {}

--- Sources that define what researchers call, in the order of the index.
local FILES <const> = {
  "lobule/init.lua", "lobule/cohort.lua", "lobule/frame.lua", "lobule/frame_verbs.lua",
  "lobule/frame_joins.lua", "lobule/cohort_verbs.lua", "lobule/diff.lua", "lobule/peek.lua",
  "lobule/explain.lua", "lobule/survival.lua", "lobule/survival/km.lua",
  "lobule/survival/km_compare.lua", "lobule/survival/km_band.lua", "lobule/survival/turnbull.lua",
  "lobule/survival/logrank_api.lua", "lobule/survival/logrank.lua", "lobule/survival/cuminc.lua",
  "lobule/survival/gray_api.lua", "lobule/survival/gray.lua", "lobule/survival/cause_specific.lua",
  "lobule/survival/finegray.lua", "lobule/survival/finegray_check.lua",
  "lobule/survival/cox.lua", "lobule/survival/cox_penal.lua",
  "lobule/survival/cox_predict.lua", "lobule/survival/cox_resample.lua",
  "lobule/survival/cox_bootstrap.lua", "lobule/survival/cox_validation.lua",
  "lobule/survival/cox_adjusted.lua", "lobule/survival/subgroups.lua",
  "lobule/survival/follow_up.lua", "lobule/survival/tmerge.lua", "lobule/survival/rates.lua",
  "lobule/survival/rates_result.lua", "lobule/survival/smr_result.lua",
  "lobule/survival/rmst.lua", "lobule/survival/pseudo.lua", "lobule/survival/mean_regression.lua",
  "lobule/survival/score.lua", "lobule/survival/score_result.lua",
  "lobule/survival/score_more.lua", "lobule/survival/aalen.lua",
  "lobule/survival/multistate_api.lua", "lobule/survival/multistate.lua",
  "lobule/survival/multistate_view.lua", "lobule/survival/transitions.lua",
  "lobule/survival/multistate_cox.lua", "lobule/survival/cox_infer.lua",
  "lobule/survival/cox_pairs.lua", "lobule/survival/cox_check.lua", "lobule/survival/ph_test.lua",
  "lobule/survival/aft.lua", "lobule/survival/aft_predict.lua", "lobule/survival/parametric.lua",
  "lobule/survival/royston.lua", "lobule/survival/cure.lua",
  "lobule/survival/population.lua", "lobule/survival/expected.lua",
  "lobule/survival/relative.lua", "lobule/survival/expected_result.lua", "lobule/categorical.lua",
  "lobule/categorical/proportion.lua", "lobule/meta.lua", "lobule/meta/pool.lua",
  "lobule/contrast_methods.lua", "lobule/contrast_result.lua", "lobule/anova.lua",
  "lobule/compare.lua", "lobule/crosstab.lua", "lobule/table_one.lua",
  "lobule/flow.lua", "lobule/quantity.lua", "lobule/table.lua", "lobule/report/init.lua",
  "lobule/figure/init.lua", "meta/core.lua" }

--- Text of a source file: embedded in the program, else found beside this file.
local function source(name)
  local ok, host = pcall(require, "lobule.host")
  if ok then return host.source(name) end
  local folder = debug.getinfo(1, "S").source:match("^@(.*)lobule/docs%.lua$")
  local file = folder and (io.open(folder .. name) or io.open(folder .. "../../lobule/" .. name)
    or io.open(folder .. "../../../lobule/" .. name))
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

--- Which local table of a file is known to researchers under which name.
local function public_names(text)
  local names = {}
  for kind, variable in text:gmatch('core%.class%("([%w_]+)", ([%w_]+)%)') do names[variable] = kind
    .. ":" end
  for kinds, variable in text:gmatch('result%.methods%((".-"), ([%w_]+)%)') do
    kinds = kinds:gsub('"%s*%.%.%s*"', "") -- a list of several on more than one line
    names[variable] = kinds:sub(2, -2):gsub("%S+", "%0:")
  end
  for name, variable in text:gmatch('result%.functions%("([%w_]+)", ([%w_]+)%)') do
    names[variable] = "lb." .. name .. "."
  end
  for name, variable in text:gmatch('core%.namespace%("([%w_]*)", ([%w_]+)%)') do
    names[variable] = name == "" and "lb." or "lb." .. name .. "."
  end
  -- The figure package stands alone: it does not register its names with the core.
  if text:find("^%-%-%- A figure") or text:find("lobule.figure.CurvesSpec", 1, true) then
    names.M, names.Figure = "lb.figure.", "figure:"
  end
  return names
end

--- Parts the lines of a docstring from those of its example, which is code to run.
---@param doc string[]
---@return string[] doc
---@return string? example
local function split_example(doc)
  local rest, code, inside = {}, nil, false
  for _, line in ipairs(doc) do
    local first = line:match "^@example%s*(.*)$"
    if first then
      inside, code = true, { first ~= "" and first or nil }
    elseif inside and not line:find "^@" then
      code[#code + 1] = line:gsub("^%s%s?", "", 1)
    else
      inside = false
      rest[#rest + 1] = line
    end
  end
  return rest, code and table.concat(code, "\n")
end

local function add(entries, names, owner, sep, name, args, doc)
  local prefix = names[owner]
  if owner == "Column" or owner == "Frame" then prefix = prefix or owner:lower() .. ":" end
  if not prefix or #doc == 0 or name:find("^__") then return end
  local text, example = split_example(doc)
  for owner_name in prefix:gmatch "%S+" do -- methods that several classes share
    entries[#entries + 1] = { name = owner_name .. name, args = args, doc = text,
      method = sep == ":", example = example }
  end
end

local function parse(text, entries)
  local names, doc = public_names(text), {}
  for line in (text .. "\n"):gmatch("(.-)\n") do
    local comment = line:match("^%s*%-%-%-%s?(.*)$")
    local owner, sep, name, args = line:match("^%s*function ([%w_]+)([.:])([%w_]+)%((.-)%)")
    local alias_owner, alias = line:match("^([%w_]+)%.([%w_]+) = cohorts%.[%w_]+$")
    if comment then
      doc[#doc + 1] = comment
    else
      if owner then add(entries, names, owner, sep, name, args, doc) end
      if alias_owner == "lb" then entries[#entries + 1] = { alias = alias, name = "lb."
        .. alias } end
      doc = {}
    end
  end
end

--- lb.read and lb.cohort are defined in cohort.lua as M.read and M.cohort.
local function resolve(entries, text)
  local found, doc = {}, {}
  for line in (text .. "\n"):gmatch("(.-)\n") do
    local comment = line:match("^%-%-%-%s?(.*)$")
    local name, args = line:match("^function M%.([%w_]+)%((.-)%)")
    if comment then
      doc[#doc + 1] = comment
    else
      if name then
        local rest, example = split_example(doc)
        found[name] = { doc = rest, args = args, example = example }
      end
      doc = {}
    end
  end
  for _, entry in ipairs(entries) do
    local own = entry.alias and found[entry.alias]
    if own then entry.doc, entry.args, entry.example = own.doc, own.args, own.example end
  end
end

local cache

--- Every documented function: a list of { name, args, doc (list of lines), method,
--- example }.
---@return table[]
function M.entries()
  if cache then return cache end
  local entries = {}
  for _, file in ipairs(FILES) do
    local text = source(file)
    if text then parse(text, entries) end
    if text and file == "lobule/cohort.lua" then resolve(entries, text) end
  end
  cache = entries
  return entries
end

--- What a docstring says first, to its first full stop that ends a sentence ("et al." does not).
---@param doc string[]
---@return string
function M.first_sentence(doc)
  local lines = {}
  for _, line in ipairs(doc) do
    if line:find "^@" then break end
    lines[#lines + 1] = line
  end
  local text = table.concat(lines, " ")
  for sentence in text:gmatch "()%.%s" do
    local before = text:sub(1, sentence)
    if not before:find "[^%a]al%.$" and not before:find "[^%a]eq%.$" then return before end
  end
  return text
end

M.source = source
return M
