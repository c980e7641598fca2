-- Changes lb.
-- expect 1 lb\.cohort cannot be changed
return {
  name = "lb-change", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    lb.cohort = nil
  end,
}
