--- Built-in recipe: responders against others from a landmark on, without immortal time.

--- Ends the run; nothing is reported from data that cannot answer.
local function refuse(what, mend)
  error(what .. "\n  " .. mend, 0)
end

local function quoted(name)
  return "`" .. name .. "`"
end

local RESPONSE <const> = "response_at_landmark"

--- Covariates: every column that is given and has no part of its own.
local function covariates_of(d)
  local own <const> = { id = true, time = true, event = true, response_time = true,
    [RESPONSE] = true, from_landmark = true }
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
  local unit, label = column:unit(), column:label()
  if unit and params.time_unit and unit ~= params.time_unit then
    refuse(("time is in %s, time_unit says %s"):format(unit, params.time_unit),
      "Leave --time_unit out.")
  end
  unit = unit or params.time_unit
  return d:label { time = { label or "Time", unit = unit } }, unit
end

--- Responses after the end of follow-up are errors of the data, not of a model.
local function check_order(d)
  local late = #d:filter "response_time > time"
  if late > 0 then
    refuse(("%d patients have a response after the end of their follow-up"):format(late),
      "response_time and time must be counted from the same start, in the same unit.")
  end
end

--- Those at risk at the landmark; who left before is counted by reason.
local function at_landmark(d, params)
  if #d == 0 then refuse("the data have no rows", "Give a file with one row a patient.") end
  local with <const> = { with = { l = params.landmark } }
  d = d:complete({ "time", "event" }, "time and event known")
  if #d == 0 then
    refuse("no row has time and event", "See which is missing: lobule peek FILE.")
  end
  check_order(d)
  local kept = d:exclude({ { "time <= $l and event", "event by the landmark" },
    { "time <= $l and not event", "censored by the landmark" } }, with)
  if #kept == 0 then
    refuse(("none of the %d patients is followed beyond the landmark at %g"):format(#d,
      params.landmark), "Choose an earlier one: --landmark; it is in the unit of time.")
  end
  kept = kept:mutate({ "from_landmark = time - $l",
    RESPONSE .. " = if_else(coalesce(response_time <= $l, false), 'response', 'no response')" },
    with)
  -- Levels in the order of the alphabet: "no response" is the reference.
  return kept:mutate { ("%s = factor(%s)"):format(RESPONSE, RESPONSE) }
    :label { [RESPONSE] = "Response by the landmark" }:by_arm(RESPONSE), d
end

--- Groups that have rows: n and events by name.
local function counts_of(d)
  local counts, events = {}, 0
  for _, row in ipairs(d:summarise({ "n = n()", "events = count(event)" },
    { by = RESPONSE }):rows_list()) do
    counts[row[RESPONSE]] = row
    events = events + row.events
  end
  return counts, events
end

local function check_groups(d)
  local counts, events = counts_of(d)
  local yes, no = counts.response, counts["no response"]
  if not yes or yes.n == 0 then
    refuse(("none of the %d patients at the landmark had a response by then"):format(#d),
      "Is response_time in the unit of time? A later landmark may have responders.")
  elseif not no or no.n == 0 then
    refuse(("all %d patients at the landmark had a response by then"):format(#d),
      "There is nobody to compare them with: an earlier landmark may have both.")
  elseif events == 0 then
    refuse(("none of the %d patients has the event after the landmark"):format(#d),
      "Is the event coded as expected? true or 1 means that it happened.")
  end
  return yes, no
end

--- How many of those who left before had the event, and how many later responses count as none.
local function counts_text(all, d, yes, params, unit)
  local with <const> = { with = { l = params.landmark } }
  local events = #all:filter("time <= $l and event", nil, with)
  return { landmark = ("%g"):format(params.landmark) .. (unit and " " .. unit or ""),
    n = #d, all = #all, events = events, censored = #all - #d - events, yes = yes.n,
    no = #d - yes.n, later = #d:filter("response_time > $l", nil, with) }
end

local function say_method(counts, report)
  report:heading "Why a landmark"
  report:text [[
A patient must live long enough to respond. Compared from the start of treatment, responders are
given the time before their response, in which they could not have had the event (immortal time);
they would look better even if a response meant nothing. Here the clock starts at the landmark:
whoever had the event or was censored by then is left out, and who counts as a responder is settled
by then and not changed by what comes later.]]
  report:text("The landmark is at {landmark}. {events} patients had the event and {censored} were "
    .. "censored by then and are left out; {n} of {all} are followed from there on: {yes} with a "
    .. "response by the landmark and {no} without. {later} of those without responded later; they "
    .. "stay in the group without.", counts)
end

local function say_curves(lb, d, params, unit, report)
  local label = "Time since the landmark"
  d = d:label { from_landmark = { label, unit = unit } }
  local formula <const> = ("Surv(from_landmark, event) ~ %s"):format(RESPONSE)
  local km = lb.survival.km(formula, d, { conf_level = params.conf_level })
  local test = lb.survival.logrank(formula, d)
  report:heading "From the landmark on"
  report:text("Median time from the landmark to the event: {yes} with a response by the landmark, "
    .. "{no} without. Log-rank test: {test}.", { test = test,
    yes = km:median { [RESPONSE] = "response" }, no = km:median { [RESPONSE] = "no response" } })
  report:add(km:plot { p_value = test, title = "Kaplan-Meier curves from the landmark",
    y_label = "Event-free" },
    { caption = "Kaplan-Meier curves from the landmark on, by response until then" })
  report:add(km, { caption = "Patients, events and medians, counted from the landmark" })
  return km, test, d
end

local function say_models(lb, d, params, report)
  local options <const> = { conf_level = params.conf_level }
  local formula <const> = ("Surv(from_landmark, event) ~ %s"):format(RESPONSE)
  local crude, adjusted = lb.survival.cox(formula, d, options), nil
  local term <const> = RESPONSE .. "[response]"
  local covariates, terms = covariates_of(d), {}
  for i, name in ipairs(covariates) do terms[i] = quoted(name) end
  report:heading "Hazard ratio"
  if #covariates > 0 then
    local complete = d:complete(covariates, "covariates known")
    local counts, events = counts_of(complete)
    if events == 0 or not counts.response or not counts["no response"]
      or counts.response.n * counts["no response"].n == 0 then
      refuse(("with all covariates known, %d patients are left, too few to compare"):format(
        #complete), "Leave out the covariate that is missing most.")
    end
    adjusted = lb.survival.cox(formula .. " + " .. table.concat(terms, " + "), complete, options)
    report:text("Response by the landmark against none: hazard ratio {crude}, adjusted {adjusted} "
      .. "({left} of {n} patients lack a covariate).", { crude = crude:hazard_ratio(term),
      adjusted = adjusted:hazard_ratio(term), left = #d - #complete, n = #d })
    report:add(lb.compare({ { "crude", crude }, { "adjusted", adjusted } }),
      { caption = "Cox models from the landmark on" })
  else
    report:text("Response by the landmark against none: hazard ratio {crude}.",
      { crude = crude:hazard_ratio(term) })
    report:add(crude, { caption = "Cox model from the landmark on" })
  end
  return crude, adjusted
end

return {
  name = "landmark-response", version = "1.0.0", lobule = ">= 0.1, < 2",
  title = "Response and time to an event: landmark analysis",
  description = "Responders against others from a landmark on: patients with the event or censored "
    .. "before are left out and counted, response is that known by the landmark; Kaplan-Meier, "
    .. "log-rank and Cox models from there.",
  licence = "GPL-3.0-or-later", keywords = { "landmark", "response", "immortal time", "survival" },
  references = { "Anderson, Cain & Gelber 1983, J Clin Oncol 1:710 (landmark)",
    "Suissa 2008, Am J Epidemiol 167:492 (immortal time)" },
  inputs = { data = { help = "one row per patient", columns = {
    { "id", role = "id", type = "text", optional = true, help = "Names the patient." },
    { "time", role = "time", type = "real", range = { 0, 1e6 },
      help = "Time from the start to the event or to the last contact." },
    { "event", role = "event", type = "logical",
      help = "true or 1: the event happened at that time; else censored then." },
    { "response_time", role = "response", type = "real", range = { 0, 1e6 },
      help = "Time from the same start to the first response; empty: no response was seen." },
    { "covariates", role = "covariate", type = "any", many = true, optional = true,
      help = "Adjusted for: numbers, factors, logical columns known by the landmark." },
  } } },
  params = {
    { "landmark", type = "real", range = { 0, 1e6 },
      help = "The landmark, in the unit of time; choose it before looking at the data." },
    { "conf_level", type = "real", default = 0.95, range = { 0.5, 0.999 },
      help = "Confidence level of every interval." },
    { "time_unit", type = "choice", choices = { "days", "weeks", "months", "years" },
      optional = true, help = "Unit of time, when the data do not say it." },
  },
  limits = { cpu_s = 600, memory = "2 GiB" },
  -- Synthetic: 60 patients with the same hazard of 0.05 a month, a time to response drawn
  -- uniformly from 1 to 9 months in 55 % and kept where it comes before the end, two cells
  -- emptied: response means nothing here. Expected: R 4.2.2, survival 3.5-3.
  example = { data = "landmark-response.example.csv",
    sha256 = "fb2efa6067622cce9a3900f6dbfe946298f21f47ce6ec8ea76229bbed8d7c168",
    columns = { covariates = { "age" } },
    params = { landmark = 3, time_unit = "months" },
    expect = {
      n_landmark = { 52, abs = 0 }, n_response = { 14, abs = 0 },
      ["km.median[response_at_landmark=response]"] = { 17.1, rel = 1e-9 },
      ["logrank.chi_square"] = { 0.124375754876162, rel = 1e-9 },
      ["crude.tidy.estimate[response_at_landmark[response]]"] = { 0.141895729900791, rel = 1e-7 },
      ["adjusted.tidy.estimate[response_at_landmark[response]]"] = { 0.264087549592118,
        rel = 1e-7 },
    },
  },
  run = function(lb, inputs, params, report)
    local data, unit = with_unit(inputs.data, params)
    local d, all = at_landmark(data, params)
    local yes = check_groups(d)
    say_method(counts_text(all, d, yes, params, unit), report)
    report:add(d:flow(), { caption = "From the data to the patients at the landmark" })
    local covariates = covariates_of(d)
    d = factors(d, covariates)
    if #covariates > 0 then
      report:add(lb.table_one(d, { by = RESPONSE, columns = covariates, smd = true }),
        { caption = "Patients at the landmark, by response until then" })
    end
    local km, test, labelled = say_curves(lb, d, params, unit, report)
    local crude, adjusted = say_models(lb, labelled, params, report)
    report:heading "Limits"
    report:text("{left} of {rows} rows have no time or event and are left out.",
      { left = #data - #all, rows = #data })
    report:text [[
Patients were not assigned to respond: those who do may have had the better disease to begin with.
The curves show how responders fare, not what a response does. An empty response time is taken as no
response seen, also where nobody looked. Nothing is said about patients who had the event before the
landmark, and another landmark gives other numbers.]]
    return { km = km, logrank = test, crude = crude, adjusted = adjusted, n_landmark = #d,
      n_response = yes.n }
  end,
}
