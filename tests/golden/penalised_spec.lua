--- Reference cases of penalised Cox models (R 4.2.2, survival 3.5-3; see each JSON file).
package.path = "tests/golden/?.lua;" .. package.path
local golden = require "golden"
local lb = require "lobule"

local function case(id, body)
  it(id, function()
    body(golden.open(id))
  end)
end

local function column(frame, name)
  local list = {}
  for i = 1, #frame do list[i] = frame:column(name)[i] end
  return list
end

local function matrix(frame)
  local rows = {}
  for i = 1, #frame do
    rows[i] = {}
    for j = 1, #frame do rows[i][j] = frame:column(frame:names()[j + 1])[i] end
  end
  return rows
end

describe("penalised Cox models", function()
  case("cox-ovarian-ridge", function(g)
    local fit = lb.survival.cox("Surv(futime, dead) ~ ridge(age, resid_ds, rx, ecog, theta = 2, "
      .. "scale = false)", g.data)
    local one = fit:glance()
    g:near("coef", column(fit:coefficients(), "estimate"))
    g:near("log_lik_unpenalised", one:column("log_lik")[1])
    g:near("penalty", one:column("penalty")[1])
    g:near("var_bayes", matrix(fit:vcov()))
    g:near("var_sandwich", matrix(fit:vcov { sandwich = true }))
    g:near("effective_df", one:column("df")[1])
  end)

  case("cox-pbc-penalised-spline", function(g)
    -- theta is R's: lambda / (1 + lambda), so 0.8 for lambda = 4
    local fit = lb.survival.cox("Surv(time, dead) ~ log_bili + pspline(age, nterm = 8, "
      .. "boundary = {25, 80}, theta = 0.8)", g.data)
    local one, diagonal = fit:glance(), {}
    for i, row in ipairs(matrix(fit:vcov())) do diagonal[i] = row[i] end
    g:near("coef", column(fit:coefficients(), "estimate"))
    g:near("log_lik_unpenalised", one:column("log_lik")[1])
    g:near("penalty", one:column("penalty")[1])
    g:near("var_bayes_diag", diagonal)
    g:near("effective_df", one:column("df")[1])
    -- the same penalty on the file's own columns of the basis, as a second path to it
    assert.is_true(math.abs(fit:penalties():column("theta")[1] - 4) < 1e-12)
  end)

  local function frailty(g, options, term)
    local fit = lb.survival.cox("Surv(time, event) ~ age + sex + " .. term, g.data, options)
    return fit, column(fit:coefficients(), "estimate"), column(fit:coefficients(), "std_error")
  end

  case("cox-kidney-gamma-frailty", function(g)
    local fit, coef, se = frailty(g, { ties = "breslow" }, "frailty(id)")
    g:near("theta", fit:glance():column("theta")[1])
    g:near("coef", coef)
    g:near("std_error", se)
    g:near("frailty", column(fit:frailty(), "frailty"))
    g:near("lr_theta", fit:tests():column("statistic")[3])
    fit, coef, se = frailty(g, { ties = "breslow" }, "frailty(id, theta = 0.5)")
    g:near("theta_fixed_0.5/coef", coef)
    g:near("theta_fixed_0.5/std_error", se)
    g:near("theta_fixed_0.5/frailty", column(fit:frailty(), "frailty"))
  end)

  case("cox-kidney-gaussian-frailty", function(g)
    local fit, coef, se = frailty(g, nil, 'frailty(id, distribution = "gaussian", theta = 0.4)')
    g:near("theta_fixed_0.4/coef", coef)
    g:near("theta_fixed_0.4/std_error", se)
    g:near("theta_fixed_0.4/log_frailty", column(fit:frailty(), "log_frailty"))
    g:near("theta_fixed_0.4/log_partial_lik", fit:glance():column("log_lik")[1])
    fit, coef, se = frailty(g, nil, 'frailty(id, distribution = "gaussian")')
    g:near("reml/theta", fit:glance():column("theta")[1])
    g:near("reml/coef", coef)
    g:near("reml/std_error", se)
  end)
end)
