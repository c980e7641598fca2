--- Meta-analysis: a table of studies in, pooled results out.
local check = require "lobule.check"
local core = require "lobule.core"

local M = {}

local OPTIONS <const> = { { "events", "string" }, { "total", "string" }, { "label", "string" },
  { "by", "string" }, { "scale", { "logit", "freeman-tukey", "arcsine" }, "logit" },
  { "conf_level", "level", 0.95 }, { "test", { "normal", "hartung-knapp" }, "normal" },
  { "interval", { "wilson", "exact" }, "wilson" } }

local function check_counts(x, n, row)
  if math.tointeger(x) and math.tointeger(n) and x >= 0 and n >= x then return end
  core.raise("data", ("row %d of the data given: %s events of %s are no proportion"):format(row,
    core.format_number(x), core.format_number(n)),
    "Events and totals are whole numbers with 0 <= events <= total.")
end

--- The studies of a frame in its order; those without counts or patients are counted by reason.
local function studies_of(frame, opts)
  local x, n, names = frame:column(opts.events), frame:column(opts.total),
    frame:column(opts.label)
  local by = opts.by and frame:column(opts.by)
  local list, left = {}, { counts = 0, patients = 0, group = 0 }
  for i = 1, #frame do
    if x[i] == nil or n[i] == nil then
      left.counts = left.counts + 1
    elseif n[i] == 0 and x[i] == 0 then
      left.patients = left.patients + 1
    elseif by and by[i] == nil then
      left.group = left.group + 1
    else
      check_counts(x[i], n[i], i)
      list[#list + 1] = { label = names[i] == nil and "NA" or tostring(names[i]),
        x = math.tointeger(x[i]), n = math.tointeger(n[i]), group = by and tostring(by[i]) or "" }
    end
  end
  return list, left
end

--- The studies by group, in the order of the factor's levels, else of the alphabet.
local function grouped(studies, frame, opts)
  local found, groups = {}, {}
  for _, study in ipairs(studies) do
    local group = found[study.group]
    if not group then
      group = { label = study.group, studies = {} }
      found[study.group], groups[#groups + 1] = group, group
    end
    group.studies[#group.studies + 1] = study
  end
  local rank = {}
  for i, level in ipairs(opts.by and frame:column(opts.by):levels() or {}) do rank[level] = i end
  table.sort(groups, function(a, b)
    local i, j = rank[a.label] or math.huge, rank[b.label] or math.huge
    if i ~= j then return i < j end
    return a.label < b.label
  end)
  return groups
end

local function check_studies(studies, left, frame)
  if #frame == 0 then core.raise("data", "the study table has no rows") end
  if #studies >= 2 then return end
  local missing = left.counts + left.patients + left.group
  core.raise("data", ("%s to pool; pooling takes two studies at least"):format(#studies == 0
    and "there is no study" or "there is one study"), missing > 0
    and ("%d of %d rows have no counts, no patients or no group."):format(missing, #frame)
    or "lb.categorical.proportion gives the interval of one study.")
end

--- Proportions of several studies pooled: fixed effect (one common proportion) and random effects
--- (DerSimonian & Laird 1986, Control Clin Trials 7:177, eq. 8), with Cochran's Q, I2 and its
--- test-based limits (Higgins & Thompson 2002, Stat Med 21:1539), tau2, and the interval that the
--- proportion of a new study is expected in (Higgins et al. 2009, JRSS A 172:137, eq. 12).
--- On the logit scale 1/2 is added to events and non-events of the studies with no event or nothing
--- but events, and of no others; the Freeman-Tukey double arcsine (1950) needs no such addition,
--- but its way back (Miller 1978, with the harmonic mean of the totals) depends on the sizes of the
--- studies. Rows with a missing count, no patients or no group are left out and counted.
---@param data lobule.Cohort|lobule.Frame  one row a study
---@param options table             events, total: columns of counts; label: column that names the
---                                 study; by: column of groups, each pooled by itself and tested
---                                 against each other; scale: "logit" (default), "freeman-tukey",
---                                 "arcsine"; conf_level (0.95); test: "normal" (default) or
---                                 "hartung-knapp" for the limits of the random effects; interval:
---                                 "wilson" (default) or "exact" for the single studies
---@return lobule.PooledProportion
---@raise fewer than two studies; counts that are no proportion; on the logit scale no event at all,
---       or nothing but events
function M.pool_proportions(data, options)
  local opts <const> = check.options(options, OPTIONS)
  local frame, cohort = check.data(data)
  for _, name in ipairs { "events", "total", "label" } do
    if not opts[name] then
      core.raise("argument", ("option '%s' is needed: the name of a column"):format(name))
    end
    check.column(frame, opts[name])
  end
  if opts.by then check.column(frame, opts.by) end
  local studies, left = studies_of(frame, opts)
  check_studies(studies, left, frame)
  local lines = cohort and require("lobule.lineage").lines(cohort) or nil
  local result = require("lobule.meta.pool").new(grouped(studies, frame, opts), opts,
    { left = left, lineage = lines, n_rows = #frame })
  return result
end

core.namespace("meta", M)
return M
