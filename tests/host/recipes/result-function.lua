-- Returns a function.
-- expect 1 run's result 'f': expected a number or a result of lobule
return {
  name = "result-function", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    return { f = function() end }
  end,
}
