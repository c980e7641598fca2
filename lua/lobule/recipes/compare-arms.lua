--- Built-in recipe: arms compared on a time to an event.

--- Ends the run; nothing is reported from data that cannot answer.
local function refuse(what, mend)
  error(what .. "\n  " .. mend, 0)
end

local function quoted(name)
  return "`" .. name .. "`"
end

--- Covariates: every column that is given and has no part of its own.
local function covariates_of(d)
  local own <const> = { id = true, treatment = true, time = true, event = true }
  local list = {}
  for _, name in ipairs(d:frame():names()) do
    if not own[name] then list[#list + 1] = name end
  end
  return list
end

--- Texts become factors; what a model cannot take is refused.
local function factors(d, covariates)
  for _, name in ipairs(covariates) do
    local column = d:frame():column(name)
    local kind = column:type()
    if column:missing() == #d then
      refuse(("covariate '%s' is missing in every patient"):format(name), "Leave it out.")
    elseif kind == "date" or kind == "datetime" then
      refuse(("covariate '%s' is a %s"):format(name, kind),
        "Give a number, such as an age in years.")
    elseif kind == "text" then
      local n = d:summarise({ ("n = n_distinct(%s)"):format(quoted(name)) }):column("n")[1]
      if n > 12 then
        refuse(("covariate '%s' is text with %d different values"):format(name, n),
          "Group the values into few levels, or leave it out.")
      end
      d = d:mutate { ("%s = factor(%s)"):format(quoted(name), quoted(name)) }
    end
  end
  return d
end

local function with_unit(d, params)
  local column = d:frame():column "time"
  local label, unit = column:label() or "time", column:unit()
  if unit and params.time_unit and unit ~= params.time_unit then
    refuse(("time is in %s, time_unit says %s"):format(unit, params.time_unit),
      "Leave --time_unit out.")
  end
  return d:label { time = { label == "time" and "Time" or label, unit = unit or params.time_unit } }
end

local function cut_at(d, horizon)
  if not horizon then return d end
  local with <const> = { with = { h = horizon } }
  return d:mutate({ "event = event and time <= $h" }, with)
    :mutate({ "time = if_else(time > $h, $h, time)" }, with)
end

--- Groups that have rows, in the order of the factor's levels: name, n, events.
local function groups_of(d, by)
  local list = {}
  for _, row in ipairs(d:summarise({ "n = n()", "events = count(event)" },
    { by = by }):rows_list()) do
    if row.n > 0 then list[#list + 1] = { name = row[by], n = row.n, events = row.events } end
  end
  return list
end

--- The patients compared: outcome and arm known, two arms at least, an event at least.
local function patients(d, params)
  if #d == 0 then refuse("the data have no rows", "Give a file with one row a patient.") end
  d = cut_at(with_unit(d, params), params.horizon):by_arm "treatment"
  local all <const> = #d
  d = d:complete({ "time", "event", "treatment" }, "time, event and arm known")
  if #d == 0 then
    refuse(("none of the %d rows has time, event and arm"):format(all),
      "See which is missing: lobule peek FILE.")
  end
  local arms = groups_of(d, "treatment")
  if #arms < 2 then
    refuse(("all patients with a known outcome are in one arm ('%s')"):format(arms[1].name),
      "A comparison needs two arms: name another column with --treatment.")
  end
  local events = 0
  for _, arm in ipairs(arms) do events = events + arm.events end
  if events == 0 then
    refuse(("none of the %d patients has the event"):format(#d),
      "Is the event coded as expected? true or 1 means that it happened.")
  end
  if params.reference then d = d:relevel("treatment", params.reference) end
  return d, groups_of(d, "treatment"), events, all
end

local function listed(parts)
  if #parts < 2 then return parts[1] or "" end
  return table.concat(parts, ", ", 1, #parts - 1) .. " and " .. parts[#parts]
end

--- What is estimated, and what this design can and cannot show.
local function say_question(d, arms, params, report)
  local names = {}
  for i, arm in ipairs(arms) do names[i] = arm.name end
  report:heading "Question"
  report:text("{n} patients in {k} arms are compared on the time to the event: {arms}. The "
    .. "reference is {first}. The estimand is the ratio of hazards between arms, in the patients "
    .. "of these data, as they were grouped, whatever treatment came later.",
    { n = #d, k = #arms, arms = listed(names), first = names[1] })
  if params.randomised then
    report:text [[
The arms were randomised (randomised = true). The crude comparison then has a causal reading: what
assignment to the arm does. Adjustment does not remove bias here; it asks the same question within
levels of the covariates, and its hazard ratio is therefore another number.]]
  else
    report:text [[
The arms were not randomised. The numbers describe groups of patients that were treated differently;
they do not show what the treatment does. Adjustment removes the part of the differences that the
covariates given explain, and only that: what doctors saw and nobody recorded stays.]]
  end
end

--- Follow-up by reverse Kaplan-Meier: the censoring is the event (Schemper & Smith 1996).
local function follow_up(lb, d, params)
  local reverse = d:mutate { "follow_up_end_ = not event" }
  return lb.survival.km("Surv(time, follow_up_end_) ~ treatment", reverse,
    { conf_level = params.conf_level })
end

--- A quantity for a cell: unit and level stand in the heading.
local function short(q)
  return (q:display():gsub("[%d.]+ %% CI ", ""):gsub(" " .. (q.unit or "%%") .. " ", " "))
end

local function arms_table(lb, d, arms, km, reverse, params)
  local unit, level = d:frame():column("time"):unit(), 100 * params.conf_level
  local head = ("%%s%s (%g %%%% CI)"):format(unit and ", " .. unit or "", level)
  local columns, rows = { { label = "Arm" }, { label = "Patients", align = "right" },
    { label = "Events", align = "right" },
    { label = head:format("Median follow-up"), align = "right" },
    { label = head:format("Median time to the event"), align = "right" } }, {}
  if params.at then
    columns[6] = { label = ("Event-free at %g, %% (%g %% CI)"):format(params.at, level),
      align = "right" }
  end
  for i, arm in ipairs(arms) do
    local own <const> = { treatment = arm.name }
    rows[i] = { arm.name, ("%d"):format(arm.n), ("%d"):format(arm.events),
      short(reverse:median(own)), short(km:median(own)) }
    if params.at then rows[i][6] = short(km:at { params.at, treatment = arm.name }) end
  end
  return lb.table { columns = columns, rows = rows, caption = "Patients, events, follow-up and "
    .. "time to the event by arm", notes = { "Follow-up: reverse Kaplan-Meier, in which censoring "
    .. "is the event. Log-log limits; not reached: the curve stays above one half." } }
end

local function say_survival(lb, d, arms, params, report)
  local km = lb.survival.km("Surv(time, event) ~ treatment", d, { conf_level = params.conf_level })
  local test = lb.survival.logrank("Surv(time, event) ~ treatment", d)
  local reverse = follow_up(lb, d, params)
  report:heading "Time to the event"
  local parts, values = {}, { test = test }
  for i, arm in ipairs(arms) do
    parts[i] = ("{m%d} with {a%d}"):format(i, i)
    values["m" .. i], values["a" .. i] = km:median { treatment = arm.name }, arm.name
  end
  report:text("The median time to the event is " .. listed(parts) .. ". Log-rank test of equal "
    .. "hazards: {test}.", values)
  report:add(arms_table(lb, d, arms, km, reverse, params))
  report:add(km:plot { p_value = test, title = "Kaplan-Meier curves by arm",
    y_label = "Event-free" }, { caption = "Kaplan-Meier curves by arm, with the numbers at risk, "
    .. "censored and with the event" })
  for _, warning in ipairs(km.warnings) do report:note(warning) end
  return km, test, reverse
end

local function p_text(p)
  if p == nil or p ~= p then return "NA" end
  if p < 0.001 then return "<0.001" end
  return ((p <= 0.01 or (p >= 0.045 and p < 0.05)) and "%.3f" or "%.2f"):format(p)
end

--- Estimates of the arms in a fit, by arm.
local function contrasts(fit)
  local rows = {}
  for _, row in ipairs(fit:tidy { exponentiate = true }:rows_list()) do
    if row.variable == "treatment" then rows[row.level] = row end
  end
  return rows
end

local function ratio_text(row)
  if not row or not row.estimate then return "NA" end
  return ("%.2f (%.2f to %.2f)"):format(row.estimate, row.conf_low, row.conf_high)
end

--- Models of the whole: crude, and with covariates also crude on the same patients and adjusted.
local function models_of(lb, d, covariates, params)
  local options <const> = { conf_level = params.conf_level }
  local formula <const> = "Surv(time, event) ~ treatment"
  local models = { { name = "Crude", fit = lb.survival.cox(formula, d, options) } }
  if #covariates == 0 then return models, d end
  local complete = d:complete(covariates, "covariates known")
  if #groups_of(complete, "treatment") < 2 then
    refuse(("with all covariates known, %d patients of fewer than two arms are left"):format(
      #complete), "Leave out the covariate that is missing most: lobule peek FILE shows it.")
  end
  if #complete < #d then
    models[2] = { name = "Crude, patients of the adjusted model", short = "crude, covariates known",
      fit = lb.survival.cox(formula, complete, options) }
  end
  local terms = {}
  for i, name in ipairs(covariates) do terms[i] = quoted(name) end
  models[#models + 1] = { name = "Adjusted", short = "adjusted", adjusted = true,
    fit = lb.survival.cox(formula .. " + " .. table.concat(terms, " + "), complete, options) }
  return models, complete
end

local function ratios_table(lb, arms, models, conf_level)
  local rows = {}
  for i = 2, #arms do
    rows[#rows + 1] = { ("%s against %s"):format(arms[i].name, arms[1].name), kind = "heading" }
    for _, model in ipairs(models) do
      local row, glance = contrasts(model.fit)[arms[i].name],
        model.fit:glance():rows_list()[1]
      rows[#rows + 1] = { model.name, ("%d"):format(glance.n), ("%.0f"):format(glance.n_event),
        ratio_text(row), p_text(row and row.p_value), indent = 1 }
    end
  end
  return lb.table { rows = rows, caption = "Hazard ratios of the arms, Cox models, ties by Efron",
    columns = { { label = "Model" }, { label = "Patients", align = "right" },
      { label = "Events", align = "right" },
      { label = ("Hazard ratio (%g %% CI)"):format(100 * conf_level), align = "right" },
      { label = "p", align = "right" } },
    notes = { "Below 1: the event comes later or less often than in the reference." } }
end

local function say_ratios(lb, d, arms, covariates, params, report)
  local models, complete = models_of(lb, d, covariates, params)
  local last <const> = models[#models]
  report:heading "Hazard ratios"
  for i = 2, #arms do
    report:text("{a} against {r}: hazard ratio {hr}" .. (last.adjusted
      and ", adjusted {adjusted}." or "."), { a = arms[i].name, r = arms[1].name,
      hr = models[1].fit:hazard_ratio(("treatment[%s]"):format(arms[i].name)),
      adjusted = last.adjusted and last.fit:hazard_ratio(("treatment[%s]"):format(arms[i].name))
        or nil })
  end
  report:add(ratios_table(lb, arms, models, params.conf_level))
  if last.adjusted then
    if #complete < #d then
      report:text("{n} of {all} patients lack a covariate and are not in the adjusted model; the "
        .. "crude ratio is given for the others too, so that the two can be compared.",
        { n = #d - #complete, all = #d })
    end
    report:add(last.fit, { caption = "The adjusted model" })
  else
    for _, warning in ipairs(models[1].fit.warnings) do report:note(warning) end
  end
  return models
end

--- The covariates that make subgroups.
local function subgroups_of(d, covariates, asked)
  local fits, list = {}, {}
  for _, name in ipairs(covariates) do
    local kind = d:frame():column(name):type()
    fits[name] = kind == "factor" or kind == "logical"
    if asked == "all" and fits[name] then list[#list + 1] = name end
  end
  if asked == "all" or asked == "none" then return list end
  for name in asked:gmatch "[^,%s][^,]*" do
    if not fits[name] then
      refuse(("subgroups: '%s' is no factor among the covariates"):format(name),
        "Covariates are: " .. table.concat(covariates, ", ") .. ".")
    end
    list[#list + 1] = name
  end
  return list
end

local function say_subgroups(lb, d, models, covariates, params, report)
  local by <const> = subgroups_of(d, covariates, params.subgroups)
  local subgroups = lb.survival.subgroups("Surv(time, event) ~ treatment", d,
    { by = by, conf_level = params.conf_level })
  if #by > 0 then
    report:heading "Subgroups"
    report:text("Crude hazard ratios within the levels of {k} {word}. The p value of an "
      .. "interaction asks whether the ratios differ between the levels; single subgroups should "
      .. "not be read without it. One such test in twenty is below 0.05 by chance alone.",
      { k = #by, word = #by == 1 and "covariate" or "covariates" })
  end
  local overall = {}
  for i = 2, #models do overall[i - 1] = { models[i].short, models[i].fit } end
  report:add(subgroups:plot { overall = overall, title = "Hazard ratios of the arms",
    favours = { "later events", "earlier events" } }, { caption = #by > 0
    and "Hazard ratios in all patients and by subgroup" or "Hazard ratios in all patients" })
  for _, warning in ipairs(subgroups.warnings) do report:note(warning) end
  return subgroups
end

local function say_limits(params, all, n, report)
  report:heading "Limits"
  report:text("{left} of {all} rows had no time, event or arm and are left out."
    .. (params.horizon and " Follow-up is cut at {h}." or ""),
    { left = all - n, all = all, h = params.horizon and ("%g"):format(params.horizon) or nil })
  report:text([[
Censoring is taken to be unrelated to the risk of the event. A hazard ratio is one number for the
whole follow-up: where the curves cross or part late, it is an average and depends on how long
patients were followed; this report does not test that. Missing covariates are left out, not
imputed.]] .. (params.randomised and "" or [[ No causal claim follows from this report: patients
were not assigned to the arms by chance.]]))
end

return {
  name = "compare-arms", version = "1.0.0", lobule = ">= 0.1, < 2",
  title = "Arms compared on a time to an event",
  description = "Kaplan-Meier curves with the extended risk table, log-rank test, Cox models crude "
    .. "and adjusted, medians with intervals, follow-up by reverse Kaplan-Meier, and a forest plot "
    .. "by subgroup with interaction tests, for two to six arms.",
  licence = "GPL-3.0-or-later", keywords = { "survival", "Kaplan-Meier", "Cox", "subgroups" },
  references = { "Kaplan & Meier 1958, JASA 53:457", "Cox 1972, JRSS B 34:187",
    "Schemper & Smith 1996, Control Clin Trials 17:343 (follow-up)",
    "Morris et al. 2019, BMJ Open 9:e030215 (extended risk table)" },
  inputs = { data = { help = "one row per patient", columns = {
    { "id", role = "id", type = "text", optional = true, help = "Names the patient." },
    { "treatment", role = "arm", type = "factor", levels = { max = 6 },
      help = "The arm; its first level is the reference." },
    { "time", role = "time", type = "real", range = { 0, 1e6 },
      help = "Time from the start to the event or to the last contact, in any one unit." },
    { "event", role = "event", type = "logical",
      help = "true or 1: the event happened at that time; else censored then." },
    { "covariates", role = "covariate", type = "any", many = true, optional = true,
      help = "Adjusted for: numbers, factors, logical columns, measured before the start." },
  } } },
  params = {
    { "conf_level", type = "real", default = 0.95, range = { 0.5, 0.999 },
      help = "Confidence level of every interval." },
    { "randomised", type = "logical", default = false,
      help = "The arms were assigned by chance; decides how the report words its results." },
    { "reference", type = "text", optional = true, help = "The arm that the others are compared "
      .. "with (default: the first level)." },
    { "horizon", type = "real", range = { 0, 1e6 }, optional = true,
      help = "Follow-up is cut here: later events count as not yet seen." },
    { "at", type = "real", range = { 0, 1e6 }, optional = true,
      help = "A time at which the share without the event is given too." },
    { "time_unit", type = "choice", choices = { "days", "weeks", "months", "years" },
      optional = true, help = "Unit of time, when the data do not say it." },
    { "subgroups", type = "text", default = "all", help = "Covariates whose levels are subgroups, "
      .. "with commas; all: every factor and logical column among them; none." },
  },
  limits = { cpu_s = 600, memory = "2 GiB" },
  -- Synthetic: 60 patients in turn in A and B, exponential times with hazards 0.08 and 0.05 a
  -- month, doubled in stage III, uniform censoring from 6 to 36 months, three cells emptied.
  -- Expected: R 4.2.2, survival 3.5-3 (survfit, survdiff, coxph).
  example = { data = "compare-arms.example.csv",
    sha256 = "40a84a8c93e39627fece980593f85e1aa50afd579d1844dd1052cc5d19db8744",
    columns = { covariates = { "age", "stage" } },
    params = { time_unit = "months" },
    expect = {
      ["km.median[treatment=A]"] = { 7.8, rel = 1e-9 },
      ["km.median[treatment=B]"] = { 9.8, rel = 1e-9 },
      ["follow_up.median[treatment=A]"] = { 16.4, rel = 1e-9 },
      ["km.n_event"] = { 46, abs = 0 }, ["km.n"] = { 59, abs = 0 },
      ["logrank.chi_square"] = { 0.503150498141395, rel = 1e-9 },
      ["crude.tidy.estimate[treatment[B]]"] = { -0.211427963694075, rel = 1e-7 },
      ["adjusted.tidy.estimate[treatment[B]]"] = { -0.211277576403230, rel = 1e-7 },
      ["subgroups.tests.p_value[stage]"] = { 0.976489500388638, rel = 1e-6 },
    },
  },
  run = function(lb, inputs, params, report)
    local d, arms, events, all = patients(inputs.data, params)
    local covariates = covariates_of(d)
    d = factors(d, covariates)
    say_question(d, arms, params, report)
    report:heading "Patients"
    report:text("{n} of {all} patients are analysed; {events} had the event.",
      { n = #d, all = all, events = events })
    report:add(d:flow(), { caption = "From the data to the patients analysed" })
    if #covariates > 0 then
      report:add(lb.table_one(d, { by = "treatment", columns = covariates, smd = true }),
        { caption = "Patients at the start, by arm" })
    end
    local km, test, reverse = say_survival(lb, d, arms, params, report)
    local models = say_ratios(lb, d, arms, covariates, params, report)
    local subgroups = say_subgroups(lb, d, models, covariates, params, report)
    say_limits(params, all, #d, report)
    local results = { km = km, logrank = test, follow_up = reverse, crude = models[1].fit,
      subgroups = subgroups }
    if models[#models].adjusted then results.adjusted = models[#models].fit end
    return results
  end,
}
