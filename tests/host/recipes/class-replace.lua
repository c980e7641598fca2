-- Takes a cohort its metatable.
-- expect 1 an object of lobule keeps its metatable
return {
  name = "class-replace", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    setmetatable(inputs.data, nil)
  end,
}
