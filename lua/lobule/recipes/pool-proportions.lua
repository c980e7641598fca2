--- Built-in recipe: proportions of several studies pooled.

--- Ends the run; nothing is reported from data that cannot answer.
local function refuse(what, mend)
  error(what .. "\n  " .. mend, 0)
end

local function label_of(d, name, otherwise)
  local label = d:frame():column(name):label()
  return label and label ~= name and label or otherwise
end

local function check_rows(d)
  if #d == 0 then refuse("the study table has no rows", "Give a file with one row a study.") end
  local known = #d:filter("not is_na(events) and not is_na(total) and total > 0")
  if known == 0 then
    refuse(("none of the %d rows has events and a total"):format(#d),
      "See which is missing: lobule peek FILE.")
  elseif known == 1 then
    refuse("one study has counts: there is nothing to pool",
      "Report its proportion with its exact interval.")
  end
end

--- The studies that can be pooled, counted as they leave.
local function studies_of(d, order)
  check_rows(d)
  local grouped = d:frame():has "group"
  if grouped then
    d = d:by_arm "group":complete("group", "group known")
    if #d == 0 then refuse("no row has a group", "Leave --group out.") end
  end
  d = d:complete({ "events", "total" }, "events and total known")
  if #d:filter "total > 0" < #d then d = d:filter("total > 0", "at least one patient") end
  local largest = 0
  if grouped then
    for _, row in ipairs(d:summarise({ "k = n()" }, { by = "group" }):rows_list()) do
      largest = math.max(largest, row.k)
    end
  end
  if grouped and largest < 2 then
    refuse("no group has two studies: there is nothing to pool", "Leave --group out.")
  end
  -- An order of their own, so that the file's changes nothing.
  return d:sort(order == "total" and { "-total", "study", "events" }
    or { "study", "total", "events" }), grouped
end

local METHOD <const> = {
  logit = [[
Proportions are pooled on the logit scale with weights by their variance. A study in which nobody,
or everybody, had the event has no logit: 1/2 is added to its events and to its non-events, and to
no other study. That pulls such a study towards one half; with many of them the pooled proportion is
too moderate.]],
  ["freeman-tukey"] = [[
Proportions are pooled on the Freeman-Tukey double arcsine scale, which needs no correction for
studies in which nobody or everybody had the event. The pooled value is brought back by Miller's
formula with the harmonic mean of the totals. Where the sizes of studies differ much, the result
depends on that mean and can mislead (Schwarzer et al. 2019): compare the logit scale.]],
}

local function say_method(params, report)
  report:heading "Method"
  report:text(METHOD[params.scale])
  report:text("The fixed effect takes one proportion for all studies. Random effects let the "
    .. "proportion differ from study to study (tau² by DerSimonian and Laird) and estimate its "
    .. "mean{knapp}. I² is the part of the variation between studies that chance does not explain.",
    { knapp = params.test == "hartung-knapp" and ", with limits by Hartung and Knapp" or "" })
end

--- The sentence of one group; of all studies without groups.
local function say_pooled(pooled, row, name, report)
  local of = name and { group = name } or {}
  local fixed = { model = "fixed", group = name }
  local values = { k = row.k, x = row.n_event, n = row.n, random = pooled:pooled(of),
    fixed = pooled:pooled(fixed), spread = pooled:heterogeneity(of) }
  local text = (name and "{name}: " or "")
    .. "{k} studies with {x} of {n} patients. Random effects {random}; fixed effect {fixed}. "
    .. "{spread}."
  if name then values.name = name end
  if row.predict_low then
    text = text .. " In a new study of the same kind a proportion of {range} is expected."
    values.range = pooled:prediction(of)
  else
    text = text .. " Two studies cannot tell what a new study would show."
  end
  report:text(text, values)
end

local function say_results(pooled, grouped, outcome, report)
  report:heading "Pooled proportions"
  for _, row in ipairs(pooled:glance():rows_list()) do
    if row.k > 1 then
      say_pooled(pooled, row, grouped and row.strata or nil, report)
    else
      report:text("{name}: one study with {x} of {n} patients, shown and not pooled.",
        { name = row.strata, x = row.n_event, n = row.n })
    end
  end
  local differences = pooled:differences()
  if differences then
    report:text("Differences between the groups: {test}. The groups are different studies with "
      .. "different patients; a difference is no effect of what names the group.",
      { test = differences })
  end
  report:add(pooled:plot { title = outcome .. " by study", x_label = outcome .. " (%)" },
    { caption = outcome .. " by study and pooled; the line through a diamond is the prediction "
    .. "interval" })
  report:add(pooled, { caption = outcome .. ": studies, weights, pooled proportions" })
end

return {
  name = "pool-proportions", version = "1.0.0", lobule = ">= 0.1, < 2",
  title = "Proportions of several studies pooled",
  description = "A table of studies with events of patients: fixed-effect and random-effects "
    .. "proportions, heterogeneity, prediction interval, forest plot; by group if given.",
  licence = "GPL-3.0-or-later", keywords = { "meta-analysis", "proportions", "forest plot" },
  references = { "DerSimonian & Laird 1986, Control Clin Trials 7:177",
    "Higgins & Thompson 2002, Stat Med 21:1539", "Higgins et al. 2009, JRSS A 172:137",
    "Freeman & Tukey 1950, Ann Math Stat 21:607", "Miller 1978, Am Stat 32:138",
    "Schwarzer et al. 2019, Res Synth Methods 10:476" },
  inputs = { data = { help = "one row per study", columns = {
    { "study", role = "study", type = "text", help = "Names the study, e.g. author and year." },
    { "events", role = "response", type = "integer", range = { 0, 1e9 },
      help = "Patients with the event." },
    { "total", role = "n", type = "integer", range = { 0, 1e9 },
      help = "Patients in whom it is known." },
    { "group", role = "arm", type = "factor", optional = true, levels = { max = 12 },
      help = "Groups of studies, each pooled by itself." },
  } } },
  params = {
    { "outcome", type = "text", default = "Proportion", help = "What the event is called in the "
      .. "report, e.g. \"Radiological response\"." },
    { "scale", type = "choice", choices = { "logit", "freeman-tukey" }, default = "logit",
      help = "The scale on which proportions are pooled." },
    { "test", type = "choice", choices = { "normal", "hartung-knapp" }, default = "normal",
      help = "Limits of the random effects: normal, or t by Hartung and Knapp (few studies)." },
    { "order", type = "choice", choices = { "study", "total" }, default = "study",
      help = "Studies by name, or the largest first." },
    { "interval", type = "choice", choices = { "wilson", "exact" }, default = "wilson",
      help = "Intervals of the single studies." },
    { "conf_level", type = "real", default = 0.95, range = { 0.5, 0.999 },
      help = "Confidence level of every interval." },
  },
  limits = { cpu_s = 60, memory = "1 GiB" },
  -- Synthetic: ten studies of 7 to 59 patients, true logits normal with mean 0.4 and standard
  -- deviation 0.6; in one all respond, in one the count is missing. Expected: R 4.2.2, metafor
  -- 3.8-1, rma(measure = "PLO", method = "DL").
  example = { data = "pool-proportions.example.csv",
    sha256 = "567846e86520388f35e41981c199e3f6a1b131d6c4ada9c3409ecae722421e4e",
    columns = { group = { "treatment" } },
    expect = {
      ["pooled.pooled[group=X]"] = { 0.622460743894094, rel = 1e-9 },
      ["pooled.pooled[group=X, model=fixed]"] = { 0.594295801608679, rel = 1e-9 },
      ["pooled.pooled[group=Y]"] = { 0.505139178941943, rel = 1e-9 },
      ["pooled.glance.tau2[X]"] = { 0.216674045740429, rel = 1e-9 },
      ["pooled.glance.q[X]"] = { 12.8211234114723, rel = 1e-9 },
    },
  },
  run = function(lb, inputs, params, report)
    local all <const> = #inputs.data
    local outcome <const> = params.outcome ~= "Proportion" and params.outcome
      or label_of(inputs.data, "events", "Proportion")
    local d, grouped = studies_of(inputs.data, params.order)
    local pooled = lb.meta.pool_proportions(d, { events = "events", total = "total",
      label = "study", by = grouped and "group" or nil, scale = params.scale, test = params.test,
      interval = params.interval, conf_level = params.conf_level })
    report:heading "Studies"
    report:text("{n} of {all} rows are pooled; left out for missing counts, no patients or no "
      .. "group: {left}.",
      { n = #d, all = all, left = all - #d })
    report:add(d:flow(), { caption = "From the study table to the studies pooled" })
    say_method(params, report)
    say_results(pooled, grouped, outcome, report)
    report:heading "Limits"
    report:text [[
A pooled proportion is the mean of the studies found. Series in which many respond are more likely
to be printed, and no statistic here can tell. Studies differ in patients, treatment and in what
counts as an event: where I² is high, or the prediction interval wide, the range matters more than
the mean.]]
    return { pooled = pooled }
  end,
}
