--- What holds for a whole Kaplan-Meier curve, and for those who came so far: simultaneous bands,
--- conditional survival. Methods of the class "km".
local check = require "lobule.check"
local core = require "lobule.core"
local result = require "lobule.result"

local KM = {}

local SCALES <const> = { "log-log", "log", "plain", "logit", "arcsine" }
local TYPES <const> = { "hall-wellner", "equal-precision" }

--- The scale of the fit's limits; Peto's lower limit is none.
local function scale_of(km)
  local own = km.options.conf_type
  return own == "log-peto" and "log" or own
end

--- Bands rest on independent persons who are all there from the start.
local function refuse(km, type)
  if km.options.robust then
    core.raise("argument", "bands assume independent rows: with clusters and sampling weights "
      .. "there are pointwise limits only", "km:at { ... } has limits at the times you name.")
  end
  if km.info.has_entry and type == "hall-wellner" then
    core.raise("argument", "the Hall-Wellner band assumes that everybody is there from the start",
      'With late entry take type = "equal-precision".')
  end
end

--- One group's band with its ends in words.
local function band_of(km, g, opts)
  local frame, about = km.fit:band(g, opts.type, opts.conf_level, opts.conf_type, opts.from,
    opts.to)
  local rows = core.rename(frame, "survival", "estimate"):rows_list()
  -- The step that holds at `from` began before it.
  if rows[1] then rows[1].time = math.max(rows[1].time, about.from) end
  return rows, about
end

local function band_options(km, options)
  local opts, groups = result.group_options(options, { { "type", TYPES, "equal-precision" },
    { "conf_type", SCALES, scale_of(km) }, { "conf_level", "level", km.options.conf_level },
    { "from", "number" }, { "to", "number" } }, km.info)
  if opts.from and opts.to and opts.from >= opts.to then
    core.raise("argument", "the band ends before it begins: from < to was expected")
  end
  refuse(km, opts.type)
  return opts, groups
end

local function to_frame(rows, columns)
  local list = {}
  for j, column in ipairs(columns) do
    local values = { n = #rows }
    for i, row in ipairs(rows) do
      local value = row[column[1]]
      values[i] = (value == nil or value ~= value) and core.NA or value
    end
    list[j] = { column[1], values, column[2], unit = column.unit, label = column.label }
  end
  return result.frame(list)
end

--- Simultaneous confidence bands: with probability conf_level the whole true curve between two
--- times lies within, where the pointwise limits of tidy() promise that for one time chosen
--- beforehand (Klein & Moeschberger 2003, section 4.4). Equal precision (Nair 1984, Technometrics
--- 26:265): pointwise limits, drawn wider by the same factor everywhere. Hall & Wellner (1980,
--- Biometrika 67:133): wider at the end, narrower in the middle. Critical values are computed from
--- the Brownian bridge; those of Miller and Siegmund's approximation (1982) are a little smaller.
---@param options? table            type: "equal-precision" (default), "hall-wellner"; conf_type:
---                                 the scale, that of the fit ("log-log"), "log", "plain", "logit",
---                                 "arcsine"; conf_level (that of the fit); from, to: times
---                                 (default the first event, the last time at which the curve is
---                                 above 0); a group by name: { treatment = "SIRT" }
---@return lobule.Frame             # strata, time, estimate, conf_low, conf_high, critical (value)
---@raise clusters or sampling weights; late entry with Hall & Wellner's
---@example lb.survival.km("Surv(months, progressed) ~ arm", lb.example_data())
---    :band { type = "hall-wellner", from = 3, to = 18 }
function KM:band(options)
  local opts, groups = band_options(self, options)
  local rows = {}
  for _, g in ipairs(groups) do
    local name = self.info.groups.name[g]
    local own, about = band_of(self, g, opts)
    for _, row in ipairs(own) do
      row.strata, row.critical = name ~= "" and name or "all", about.critical
      rows[#rows + 1] = row
    end
  end
  return (to_frame(rows, { { "strata", "text" }, { "time", "real", unit = self.info.time_unit },
    { "estimate", "real" }, { "conf_low", "real", label = "Band from" },
    { "conf_high", "real", label = "Band to" },
    { "critical", "real", label = "Critical value" } }))
end

local SMALLEST <const> = 5e-324
local NEXT <const> = 2.0 ^ -52

--- How many of a group are at risk just after a time.
local function risk_after(km, g, time)
  local row = km.fit:at(g, { math.max(time * (1 + NEXT), SMALLEST) }):rows_list()[1]
  return row.n_risk
end

--- S(t) / S(s) with limits: the variance of its logarithm is what Greenwood's sum gains from s to
--- t.
local function conditional_row(km, g, from, time, level)
  local points = km.fit:at(g, from < time and { from, time } or { from }):rows_list()
  local first, last = points[1], points[#points]
  local curve = km.fit:curve(g)
  local times = curve:column "time"
  local ended = #curve > 0 and curve:column("survival")[#curve] == 0
  local known = #curve > 0 and (time <= times[#curve] or ended) and first.survival > 0
  if not known then return {} end
  local estimate = last.survival / first.survival
  local function variance(p)
    return p.std_error and (p.std_error / p.survival) ^ 2 or 0 / 0
  end
  local sum = math.max(0, variance(last) - variance(first))
  if estimate == 1 then sum = 0 end
  local z = core.normal_quantile(0.5 + level / 2)
  local low, high = core.km_limits(estimate, z * math.sqrt(sum), scale_of(km))
  return { estimate = estimate, std_error = estimate * math.sqrt(sum), conf_low = low,
    conf_high = high }
end

--- Survival to later times of those who came so far, S(t) / S(s): the chance of a patient who is
--- still free of the event at s to be so at t. Its variance is Greenwood's sum over the times after
--- s; limits on the scale of the fit. Beyond the follow-up of a group, or when nobody came so far,
--- NA.
---@param options table             from: a time or a list; times: a list of ascending times, each
---                                 at or after every from (or after = { 12 }, counted from each);
---                                 conf_level (that of the fit); a group by name
---@return lobule.Frame             # strata, from, time, n_risk (just after from), estimate,
---                                 std_error, conf_low, conf_high
---@raise clusters and sampling weights, whose variance is not a sum over time
---@example lb.survival.km("Surv(months, progressed) ~ arm", lb.example_data())
---    :conditional { from = { 0, 6 }, after = { 6 } }
function KM:conditional(options)
  local opts, groups = result.group_options(options, { { "from", "any" }, { "times", "times" },
    { "after", "times" }, { "conf_level", "level", self.options.conf_level } }, self.info)
  if (opts.times == nil) == (opts.after == nil) then
    core.raise("argument", "times: expected either times or after",
      "Write km:conditional { from = 12, times = { 24, 36 } }, or after = { 12, 24 } from there.")
  end
  if self.options.robust then
    core.raise("argument", "the robust variance is not a sum over time",
      "Fit the curve of those who reach it: survival.km(..., { start_time = 12 }).")
  end
  local froms = type(opts.from) == "number" and { opts.from } or opts.from
  froms = check.options({ from = froms or { 0 } }, { { "from", "times" } }).from
  local rows = {}
  for _, g in ipairs(groups) do
    local name = self.info.groups.name[g]
    for _, from in ipairs(froms) do
      for _, time in ipairs(opts.times or opts.after) do
        if opts.after then time = from + time end
        if time < from then
          core.raise("argument", ("time %s comes before from %s"):format(core.format_number(time),
            core.format_number(from)),
            "Each time is at or after every from; or use after = { ... }.")
        end
        local row = conditional_row(self, g, from, time, opts.conf_level)
        row.strata, row.from, row.time = name ~= "" and name or "all", from, time
        row.n_risk = risk_after(self, g, from)
        rows[#rows + 1] = row
      end
    end
  end
  local unit = self.info.time_unit
  return (to_frame(rows, { { "strata", "text" }, { "from", "real", unit = unit, label = "From" },
    { "time", "real", unit = unit }, { "n_risk", "real" }, { "estimate", "real" },
    { "std_error", "real" }, { "conf_low", "real" }, { "conf_high", "real" } }))
end

return result.methods("km", KM)
