-- Returns a table that invents its fields.
-- expect 1 the name of result|expected a number|run must return|__index
return {
  name = "result-index", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    return { t = setmetatable({}, { __index = function(t) return t end, __len = function() return math.maxinteger end }) }
  end,
}
