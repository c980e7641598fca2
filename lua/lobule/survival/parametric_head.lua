--- What parametric survival models have in common on paper: estimates with limits, frames, how the
--- variance was made.
local core = require "lobule.core"
local format = require "lobule.format"
local result = require "lobule.result"
local weights = require "lobule.survival.weights"

local M = {}

--- Options of every parametric model beside its own: variance and weights.
---@param schema table[]
---@return table[]
function M.join(schema)
  schema = table.move(schema, 1, #schema, 1, {})
  schema[#schema + 1] = { "robust", "boolean" }
  schema[#schema + 1] = { "cluster", "string" }
  return weights.join(schema)
end

--- Whether the variance is robust: asked for, or made so by clusters or sampling weights.
---@param opts table                robust is set
---@param info table                Model:info()
---@return boolean
function M.robust(opts, info)
  local robust = opts.robust or info.n_cluster ~= nil or opts.weight_type == "sampling"
  if opts.robust == false and robust then
    core.raise("argument", "robust = false: clusters and sampling weights need the robust variance",
      'Leave robust out, or cluster(); weight_type = "case" has the model-based variance.')
  end
  opts.robust = robust
  return robust
end

--- "robust variance, 24 clusters; weights w (...)"; nil when there is nothing to say.
---@param self table                a result with fit, info, options
---@return string?
function M.variance_text(self)
  local weighted = weights.text(self.options, self.info)
  if not self.options.robust then return weighted end
  return ("robust variance, %s%s"):format(self.info.n_cluster
    and ("%d clusters"):format(self.fit.n_cluster) or "each row a subject", weighted and "; "
    .. weighted or "")
end

--- Puts an estimate into a row: shown as it is or exponentiated, std_error on its own scale. A
--- standard error that is not a number leaves the estimate alone.
---@param row table
---@param b number
---@param se number
---@param level number
---@param show? fun(x: number): number
---@return table row
function M.estimate(row, b, se, level, show)
  local z = core.normal_quantile(0.5 + level / 2)
  show = show or function(x) return x end
  row.estimate = show(b)
  if se ~= se then return row end
  row.std_error, row.statistic, row.p_value = se, b / se, core.normal_p(b / se)
  row.conf_low, row.conf_high = show(b - z * se), show(b + z * se)
  return row
end

--- Columns of the estimates in tidy().
M.ESTIMATES = { { "estimate", "real" }, { "std_error", "real" }, { "statistic", "real" },
  { "p_value", "real" }, { "conf_low", "real" }, { "conf_high", "real" } }

--- Rows as a frame; what a row lacks is NA.
---@param rows table[]
---@param schema table[]            { name, type } each
---@return lobule.Frame
function M.frame(rows, schema)
  local columns = {}
  for j, column in ipairs(schema) do
    columns[j] = { column[1], { n = #rows }, column[2] }
    for i, row in ipairs(rows) do
      local value = row[column[1]]
      columns[j][2][i] = value == nil and core.NA or value
    end
  end
  return result.frame(columns)
end

--- A list as a column; what is not a number is NA.
---@param list table                with n
---@param kind? string
---@return lobule.Column
function M.column(list, kind)
  return result.frame({ { "x", list, kind } }):column "x"
end

--- Two schemas in one.
---@return table[]
function M.columns(first, second)
  return table.move(second, 1, #second, #first + 1, table.move(first, 1, #first, 1, {}))
end

--- A covariance matrix as a frame.
---@param names string[]
---@param matrix table
---@param known? fun(i: integer): boolean  parameters that have a variance
---@return lobule.Frame             # term, then one column a parameter
function M.vcov(names, matrix, known)
  local columns = { { "term", { n = #names, table.unpack(names) }, "text" } }
  for j, name in ipairs(names) do
    local list = { n = #names }
    for i = 1, #names do
      list[i] = (not known or known(i) and known(j)) and matrix[i][j] or core.NA
    end
    columns[j + 1] = { name, list, "real" }
  end
  return (result.frame(columns))
end

--- Information criteria of a fit: bic counts rows, as R does for survreg. NA of one that did not
--- converge: its likelihood is not the largest.
---@return table                    # df, log_lik, aic, bic, iterations, converged, n, n_missing
function M.glance(self, df)
  local fit, n = self.fit, self.info.n
  if not fit.converged then
    return { n = n, n_missing = self.info.n_missing, df = df, iterations = fit.iterations,
      converged = false }
  end
  return { n = n, n_missing = self.info.n_missing, df = df, log_lik = fit.log_lik,
    aic = 2 * df - 2 * fit.log_lik, bic = df * math.log(n) - 2 * fit.log_lik,
    iterations = fit.iterations, converged = fit.converged }
end

--- "log-likelihood -12.30, AIC 28.60"; what there is instead where the fit did not converge.
---@param self table                fit
---@param df integer
---@param more? string              "(-14.10 without cure)"
---@return string
function M.likelihood_text(self, df, more)
  local fit = self.fit
  if not fit.converged then return "no AIC and no test: the fit did not converge" end
  return ("log-likelihood %s%s, AIC %s"):format(format.fixed(fit.log_lik, 2),
    more and " " .. more or "", format.fixed(2 * df - 2 * fit.log_lik, 2))
end

--- The likelihood-ratio test against the null model; NA where the fit did not converge.
---@return lobule.Frame             # test, statistic, df, p_value
function M.likelihood_ratio(fit)
  local statistic = math.max(0, 2 * (fit.log_lik - fit.log_lik_null))
  if not fit.converged then statistic = nil end
  local p = statistic and fit.df > 0 and core.chi_square_p(statistic, fit.df) or nil
  return M.frame({ { test = "likelihood ratio", statistic = statistic, df = fit.df, p_value = p } },
    { { "test", "text" }, { "statistic", "real" }, { "df", "integer" }, { "p_value", "real" } })
end

--- "0.71 (0.55 to 0.92)"; "NA" where there is no estimate.
---@param row table
---@param ratio boolean
---@return string
function M.interval_text(row, ratio)
  if row.estimate == nil then return "NA" end
  if row.conf_low == nil then return format.number(row.estimate) .. " (NA)" end
  if ratio then
    return ("%s (%s to %s)"):format(format.ratio_interval(row.estimate, row.conf_low,
      row.conf_high))
  end
  return ("%s (%s to %s)"):format(format.number(row.estimate), format.number(row.conf_low),
    format.number(row.conf_high))
end

return M
