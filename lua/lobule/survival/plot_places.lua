--- What figures of where people are share: cumulative incidence by cause, probabilities by state.
--- A curve for each group and cause (or state), alone or on top of each other.
local core = require "lobule.core"
local parts = require "lobule.survival.plot_parts"

local M = {}

--- A column of numbers, NaN where it has none.
---@param frame lobule.Frame
---@param name string
---@return number[]
function M.list(frame, name)
  local values = frame:column(name):totable()
  for i = 1, #frame do
    if type(values[i]) ~= "number" then values[i] = 0 / 0 end
  end
  return values
end

--- The numbers of the causes or states to draw: all, or those named.
---@param names string[]
---@param wanted any                nil, a name, or a list of them
---@param find function             (names, name) -> number; raises
---@return integer[]
function M.chosen(names, wanted, find)
  local numbers = {}
  if wanted == nil then
    for k = 1, #names do numbers[k] = k end
    return numbers
  end
  for i, name in ipairs(type(wanted) == "table" and wanted or { wanted }) do
    numbers[i] = find(names, name)
  end
  return numbers
end

--- "sex=F" and "death" as far as they tell curves apart.
local function label_of(one, place, n_group, n_chosen)
  local group, name = one.result.info.groups.label[place.g], one.names[place.k]
  if n_chosen == 1 then return n_group == 1 and name or group end
  return n_group == 1 and name or ("%s: %s"):format(group, name)
end

local function curve_of(one, place, label)
  local frame = one.result.fit:curve(place.g, place.k)
  local curve = { label = label, censor_time = {}, censor_survival = {},
    time = M.list(frame, "time"), survival = M.list(frame, "estimate"),
    conf_low = M.list(frame, "conf_low"), conf_high = M.list(frame, "conf_high") }
  return one.finish and one.finish(curve, frame, place) or curve
end

--- Numbers at risk, censored and with the event, the last two added up over the times.
local function risk_row(one, place, times, label)
  local row = { label = label, n_risk = {}, n_censor = {}, n_event = {} }
  local censored, events = 0, 0
  for i, values in ipairs(one.result.fit:at(place.g, place.k, times):rows_list()) do
    censored, events = censored + values.n_censor, events + values.n_event
    row.n_risk[i], row.n_censor[i], row.n_event[i] = values.n_risk, censored, events
  end
  return row
end

--- Curves on top of each other, the first lowest: the area between two is the upper one's. Marks
--- of censoring, which all have in common, would hide the lines.
local function stack(curves)
  local below, start = nil, 0
  for _, curve in ipairs(curves) do
    curve.censor_time, curve.censor_survival = nil, nil
    start = start + (curve.start or 0)
    curve.start = start
    for i = 1, #curve.time do
      local base = below and below[i] or 0
      curve.conf_low[i] = base
      curve.survival[i] = math.min(1, base + curve.survival[i])
      curve.conf_high[i] = curve.survival[i]
    end
    below = curve.survival
  end
end

--- The estimates themselves, for a stacked figure whose curves are their sums.
local function stacked_data(one, g, chosen)
  local tables = {}
  for i, k in ipairs(chosen) do
    local frame = one.result.fit:curve(g, k)
    tables[i] = { title = ("%s, %s"):format(one.what, one.names[k]), columns = {} }
    for j, name in ipairs { "time", "estimate", "conf_low", "conf_high" } do
      tables[i].columns[j] = { name = name, values = M.list(frame, name) }
    end
  end
  return tables
end

local MOST <const> = 8

local function check_number(one, opts, groups, chosen)
  if opts.stacked and #groups > 1 then
    core.raise("argument", "stacked curves are of one group",
      ("Name it, or draw one figure each. Groups are: %s."):format(
        table.concat(one.result.info.groups.name, "; ")))
  end
  if #groups * #chosen > MOST then
    core.raise("argument", ("%d curves do not fit one figure: at most %d"):format(
      #groups * #chosen, MOST), ("Name a %s or a group: plot { %s = ... }."):format(one.kind,
      one.kind))
  end
end

--- The description that the figure code draws, without its words for those who cannot see it, and
--- of each curve its group and number.
---@param one table                 result; names and kind ("cause", "state") of what is chosen;
---                                 what: a curve in words; title; first: where the axis begins;
---                                 begins: it does not begin at 0; finish(curve, frame, place)
---@param opts table                checked options
---@param groups integer[]
---@param chosen integer[]
---@return table spec
---@return table[] places           { g, k } of each curve
function M.spec(one, opts, groups, chosen)
  check_number(one, opts, groups, chosen)
  local info = one.result.info
  local times = opts.times or parts.nice_times(one.first, info.time_max, info.time_unit)
  local spec = { title = opts.title or ("%s, %s"):format(one.title, info.formula), start = 0,
    width_mm = opts.width_mm, x_label = parts.axis_label(one.result, opts), y_label = opts.y_label,
    times = times, x_min = one.begins and times[1] or nil, conf = opts.conf or opts.stacked,
    curves = {}, annotation = one.annotation }
  if opts.times then spec.x_max = math.max(times[#times], 1e-9) end
  if opts.risk_table then spec.risk_table = {} end
  local places = {}
  for _, g in ipairs(groups) do
    for _, k in ipairs(chosen) do
      local i, place = #places + 1, { g = g, k = k }
      local label = label_of(one, place, #groups, #chosen)
      places[i], spec.curves[i] = place, curve_of(one, place, label)
      if spec.risk_table then spec.risk_table[i] = risk_row(one, place, times, label) end
    end
  end
  if opts.stacked then
    stack(spec.curves)
    spec.data = stacked_data(one, groups[1], chosen)
  end
  return spec, places
end

--- The figure of a description, in a journal's style if one is named.
---@param spec table
---@param opts table
---@return lobule.Figure
function M.draw(spec, opts)
  local figure = require("lobule.figure").curves(spec)
  return opts.journal and figure:styled(opts.journal) or figure
end

return M
