--- Reference cases: one JSON file each with the answers of an independent program; a spec names
--- what of ours gives them.
local assert = require "luassert"
local core = require "lobule.core"
local lb = require "lobule"

local G = {}
G.__index = G

local function decode(path)
  return core.json_decode(core.read_file(path))
end

--- Opens case `id`: its data with the levels in the reference's order, its answers and tolerances.
function G.open(id)
  local case = decode("tests/golden/cases/" .. id .. ".json")
  local self = setmetatable({ id = id, case = case, expect = case.expect }, G)
  if case.data then
    local columns = case.columns
    local data = lb.cohort("tests/data/" .. case.data:match("[^/]*$"))
    if columns.filter then data = data:filter(columns.filter) end
    if columns.levels and columns.group then data = data:relevel(columns.group, columns.levels) end
    for _, name in ipairs(columns.covariates or {}) do
      local about = columns[name]
      if about and about.levels then data = data:relevel(name, about.levels) end
    end
    self.data = data
  end
  return self
end

local function tolerance(self, key)
  local t = self.case.tolerance
  local own = t.by_key and t.by_key[key]
  return own and own.rel or t.rel or 0, own and own.abs or t.abs or 0
end

local function same(self, got, want, key, path)
  if want == core.NA then
    assert.is_true(got == nil or got == core.NA or got ~= got, path .. ": expected none, got "
      .. tostring(got))
  elseif want == "Inf" then
    assert.are.equal(math.huge, got, path)
  elseif type(want) == "number" then
    assert.is_number(got, path)
    local rel, abs = tolerance(self, key)
    local off = math.abs(got - want)
    assert.is_true(off <= math.max(abs, rel * math.abs(want)),
      ("%s: %s: got %.17g, expected %.17g"):format(self.id, path, got, want))
  elseif type(want) == "table" then
    for k, v in pairs(want) do same(self, got[k], v, key, path .. "." .. tostring(k)) end
  else
    assert.are.equal(want, got, path)
  end
end

--- got must be the answer at `path` ("landmark.sex=male.survival") within the case's tolerance;
--- lists element by element.
function G:near(path, got)
  local want, key = self.expect, nil
  for part in path:gmatch("[^/]+") do
    want, key = want[part], part
    assert(want ~= nil, self.id .. ": the case has no " .. path)
  end
  if type(want) == "table" and #want > 0 and type(got) == "table" and got.n == nil then
    assert.are.equal(#want, #got, self.id .. ": length of " .. path)
  end
  same(self, got, want, key, path)
end

--- Rows of `frame` whose `strata` is `stratum`, as lists by column; NA where missing.
local function lists(frame, stratum)
  local result = {}
  for _, name in ipairs(frame:names()) do result[name] = {} end
  local k = 0
  for i = 1, #frame do
    if stratum == nil or frame:column("strata")[i] == stratum then
      k = k + 1
      for name, list in pairs(result) do
        local value = frame:column(name)[i]
        list[k] = value == nil and core.NA or value
      end
    end
  end
  return result
end

--- Curves at every distinct time.
function G:curve(path, km, stratum)
  local got = lists(km:tidy(), stratum)
  got.survival = got.estimate
  for _, key in ipairs { "time", "n_risk", "n_event", "n_censor", "survival", "std_error",
    "conf_low", "conf_high" } do
    self:near(path .. "/" .. key, got[key])
  end
end

--- Quantiles of survival with limits.
function G:quantiles(path, km, stratum)
  local got = lists(km:quantile { prob = { 0.25, 0.5, 0.75 } }, stratum)
  self:near(path .. "/time", got.estimate)
  self:near(path .. "/conf_low", got.conf_low)
  self:near(path .. "/conf_high", got.conf_high)
end

--- Values at listed times, whatever columns the case holds, but the one named in `except`.
function G:at(path, km, stratum, except)
  local want = self.expect
  for part in path:gmatch("[^/]+") do want = want[part] end
  local got = lists(km:at(want.time), stratum)
  got.survival = got.estimate
  for key in pairs(want) do
    if key ~= except then self:near(path .. "/" .. key, got[key]) end
  end
  return got
end

--- The first rows of a curve.
function G:first_rows(path, km, stratum)
  local want = self.expect
  for part in path:gmatch("[^/]+") do want = want[part] end
  local all, got = lists(km:tidy(), stratum), {}
  all.survival = all.estimate
  for key, list in pairs(want) do
    got[key] = table.move(all[key], 1, #list, 1, {})
    self:near(path .. "/" .. key, got[key])
  end
end

--- A log-rank test.
function G:logrank(path, test)
  local prefix = path == "" and "" or path .. "/"
  local got = lists(test:tidy())
  self:near(prefix .. "group", got.strata)
  for _, key in ipairs { "n", "observed", "expected" } do self:near(prefix .. key, got[key]) end
  local matrix = {}
  for j = 1, #got.strata do
    for i = 1, #got.strata do
      matrix[i] = matrix[i] or {}
      matrix[i][j] = test:vcov():column(got.strata[j])[i]
    end
  end
  self:near(prefix .. "variance", matrix)
  self:near(prefix .. "chi_square", test.statistic)
  self:near(prefix .. "df", test.df)
  self:near(prefix .. "p_value", test.p_value)
end

local COX <const> = { coef = "estimate", std_error = "std_error", statistic_z = "statistic",
  p_value = "p_value" }

--- A Cox model: coefficients, ratios, covariance, tests, information criteria, concordance where
--- the case has it.
function G:cox(path, cox)
  local prefix = path == "" and "" or path .. "/"
  local want = path == "" and self.expect or self.expect[path]
  local tidy, ratios, glance = lists(cox:tidy()), lists(cox:tidy { exponentiate = true }),
    lists(cox:glance())
  for key, column in pairs(COX) do self:near(prefix .. key, tidy[column]) end
  self:near(prefix .. "hazard_ratio", ratios.estimate)
  self:near(prefix .. "hr_conf_low", ratios.conf_low)
  self:near(prefix .. "hr_conf_high", ratios.conf_high)
  local vcov = lists(cox:vcov())
  local matrix = {}
  for i in ipairs(vcov.term) do
    matrix[i] = {}
    for j, term in ipairs(vcov.term) do matrix[i][j] = vcov[term][i] end
  end
  self:near(prefix .. "vcov", matrix)
  local tests = cox:tests():rows_list()
  for i, name in ipairs { "lr_test", "wald_test", "score_test" } do
    self:near(prefix .. name .. "/chi_square", tests[i].statistic)
    self:near(prefix .. name .. "/df", tests[i].df)
    self:near(prefix .. name .. "/p_value", tests[i].p_value)
  end
  for key, column in pairs { n = "n", n_event = "n_event", n_missing = "n_missing",
    log_lik_null = "log_lik_null", log_lik = "log_lik",
    aic = "aic", bic_with_n_event = "bic", concordance = "concordance",
      concordance_std_error = "concordance_std_error" } do
    -- R counts rows with an event, whatever they weigh; n_event here has their weights.
    local rows = key == "n_event" and cox.options.weights ~= nil
    local got = rows and cox.fit.n_event or glance[column][1]
    if want[key] ~= nil then self:near(prefix .. key, got) end
  end
end

return G
