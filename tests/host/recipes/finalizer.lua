-- Code that runs when memory is collected.
-- expect 1 a recipe has no finalizers
return {
  name = "finalizer", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    setmetatable({}, { __gc = function() while true do end end })
  end,
}
