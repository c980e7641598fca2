--- Reference cases of weights, robust variances, residuals, predictions and comparisons (R 4.2.2,
--- survival 3.5-3; see each JSON file).
package.path = "tests/golden/?.lua;" .. package.path
local golden = require "golden"
local lb = require "lobule"

local function case(id, body)
  it(id, function()
    body(golden.open(id))
  end)
end

local function list(frame, name, first)
  local values = {}
  for i = 1, first or #frame do values[i] = frame:column(name)[i] end
  return values
end

--- A frame's columns but `row` and `time` as a matrix, row after row.
local function matrix(frame, first)
  local rows, names = {}, {}
  for _, name in ipairs(frame:names()) do
    if name ~= "row" and name ~= "time" then names[#names + 1] = name end
  end
  for i = 1, first or #frame do
    rows[i] = {}
    for j, name in ipairs(names) do rows[i][j] = frame:column(name)[i] end
  end
  return rows
end

local function squares(frame)
  local sums = {}
  for _, row in ipairs(matrix(frame)) do
    for j, x in ipairs(row) do sums[j] = (sums[j] or 0) + x * x end
  end
  return sums
end

describe("weights", function()
  case("km-lung-weighted", function(g)
    for path, options in pairs { frequency = { weights = "k", weight_type = "frequency" },
      sampling_robust = { weights = "w", weight_type = "sampling" } } do
      options.conf_type = "log"
      local km = lb.survival.km("Surv(time, dead) ~ sex", g.data, options)
      for _, stratum in ipairs { "sex=male", "sex=female" } do
        g:at(path .. "/at/" .. stratum, km, stratum)
        if g.expect[path].quantiles then
          g:quantiles(path .. "/quantiles/" .. stratum, km, stratum)
        end
      end
    end
  end)

  case("cox-lung-weights", function(g)
    local formula = "Surv(time, dead) ~ age + sex"
    g:cox("efron_k", lb.survival.cox(formula, g.data, { weights = "k", weight_type = "case" }))
    local robust = lb.survival.cox(formula, g.data, { weights = "w", weight_type = "sampling" })
    g:cox("efron_w_robust", robust)
    g:near("efron_w_robust/naive_std_error", robust.fit.naive_std_error)
    g:near("efron_w_robust/robust_score_test/chi_square", robust:tests():column("statistic")[4])
    local breslow = next(g.expect, nil)
    for name in pairs(g.expect) do if name:find "breslow" then breslow = name end end
    g:cox(breslow, lb.survival.cox(formula, g.data, { weights = "k", weight_type = "case",
      ties = "breslow" }))
    -- Repeated rows have as many rows and events as the weights add up to; the coefficients and
    -- their variance are those of the weighted fit.
    local repeated = lb.survival.cox(formula, g.data, { weights = "k", weight_type = "frequency",
      ties = "breslow" })
    g:near(breslow .. "/coef", list(repeated:tidy(), "estimate"))
    g:near(breslow .. "/std_error", list(repeated:tidy(), "std_error"))
  end)
end)

describe("robust variance", function()
  case("cox-bladder-recurrent", function(g)
    local formulas = {
      andersen_gill = "Surv(start, stop, event) ~ rx + size + number + cluster(id)",
      pwp_total_time = "Surv(start, stop, event) ~ rx + size + number + strata(enum) + cluster(id)",
      pwp_gap_time = "Surv(stop - start, event) ~ rx + size + number + strata(enum) + cluster(id)",
    }
    for name in pairs(g.expect) do
      local cox = lb.survival.cox(formulas[name], g.data)
      g:cox(name, cox)
      g:near(name .. "/naive_std_error", cox.fit.naive_std_error)
      g:near(name .. "/robust_score_test/chi_square", cox:tests():column("statistic")[4])
      g:near(name .. "/robust_score_test/p_value", cox:tests():column("p_value")[4])
    end
  end)
end)

describe("residuals", function()
  case("cox-ovarian-residuals", function(g)
    local cox = lb.survival.cox("Surv(futime, dead) ~ age + rx", g.data)
    for _, kind in ipairs { "martingale", "deviance" } do
      g:near(kind, list(cox:residuals { type = kind }, kind))
    end
    for _, kind in ipairs { "score", "dfbeta", "dfbetas", "schoenfeld", "scaled_schoenfeld" } do
      g:near(kind, matrix(cox:residuals { type = kind }))
    end
    g:near("schoenfeld_times", list(cox:residuals { type = "schoenfeld" }, "time"))
  end)

  case("cox-veteran-residuals-ties", function(g)
    for _, ties in ipairs { "efron", "breslow" } do
      local cox = lb.survival.cox("Surv(time, dead) ~ karno + celltype", g.data, { ties = ties })
      for kind, want in pairs(g.expect[ties]) do
        local frame, path = cox:residuals { type = kind }, ties .. "/" .. kind
        local single = type(want.sum_of_squares) == "number"
        g:near(path .. "/sum_of_squares", single and squares(frame)[1] or squares(frame))
        if want.first_10 then
          g:near(path .. "/first_10", single and list(frame, kind, 10) or matrix(frame, 10))
        end
      end
    end
  end)
end)

describe("predictions", function()
  case("cox-pbc-predict-types", function(g)
    local cox = lb.survival.cox("Surv(time, dead) ~ age + log(bili) + edema + albumin", g.data)
    local six = g.data:frame():mutate { "i = 1" }
    local lp = cox:predict()
    g:near("lp", list(lp, "estimate", 6))
    g:near("lp_std_error", list(lp, "std_error", 6))
    g:near("risk", list(cox:predict { type = "risk" }, "estimate", 6))
    local expected = cox:predict { type = "expected" }
    g:near("expected", list(expected, "estimate", 6))
    g:near("expected_std_error", list(expected, "std_error", 6))
    local total = 0
    for i = 1, #expected do total = total + expected:column("estimate")[i] end
    g:near("expected_total", total)
    local terms = cox:predict { type = "terms" }
    local parts, errors = {}, {}
    for i = 1, 6 do
      parts[i], errors[i] = {}, {}
      for j, name in ipairs { "age", "log(bili)", "edema", "albumin" } do
        parts[i][j] = terms:column(name)[i]
        errors[i][j] = terms:column(name .. "_std_error")[i]
      end
    end
    g:near("terms", parts)
    g:near("terms_std_error", errors)
    -- The same rows as new data.
    g:near("lp", list(cox:predict { newdata = six }, "estimate", 6))
  end)

  case("cox-pbc-predicted-survival", function(g)
    local people, times = g.case.columns.newdata, { 365, 1000, 2000, 3000 }
    for _, ties in ipairs { "efron", "breslow" } do
      local cox = lb.survival.cox("Surv(time, dead) ~ age + log(bili) + edema + albumin", g.data,
        { ties = ties })
      g:near("baseline_" .. ties, list(cox:baseline { times = times }, "estimate"))
      for _, conf in ipairs { "log", "log-log" } do
        local path = ties .. "_" .. conf:gsub("-", "")
        local got = cox:predict { type = "survival", newdata = people, times = times,
          conf_type = conf }
        for key, name in pairs { survival = "estimate", std_error = "std_error",
          conf_low = "conf_low", conf_high = "conf_high" } do
          local all = list(got, name)
          if g.expect[path] then
            g:near(path .. "/" .. key, { table.move(all, 1, 4, 1, {}),
              table.move(all, 5, 8, 1, {}) })
          end
        end
      end
    end
  end)

  case("cox-lung-stratified", function(g)
    local cox = lb.survival.cox("Surv(time, dead) ~ age + ph_ecog + strata(sex)", g.data)
    local baseline = cox:baseline { times = { 100, 300, 500 } }
    for _, sex in ipairs { "male", "female" } do
      g:near("baseline/" .. sex .. "/cumulative_hazard",
        list(baseline:filter(("strata == 'sex=%s'"):format(sex)), "estimate"))
    end
    local got = cox:predict { type = "survival", times = { 100, 300, 500 }, conf_type = "log",
      newdata = { age = { 50, 70 }, ph_ecog = { 0, 2 }, sex = { "male", "female" } } }
    g:near("predicted/survival", list(got, "estimate"))
    for _, key in ipairs { "time", "std_error", "conf_low", "conf_high" } do
      g:near("predicted/" .. key, list(got, key))
    end
  end)
end)
