-- Loads from a function.
-- expect 1 load: a recipe loads text, not function
return {
  name = "load-function", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    load(function() return nil end)
  end,
}
