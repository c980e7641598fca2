-- Returns a table within itself.
-- expect 1 run's result 't': expected a number
return {
  name = "result-ring", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    local t = {}
    t.t = t
    return { t = t }
  end,
}
