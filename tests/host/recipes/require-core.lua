-- Loads the core.
-- expect 1 undefined name 'require'
return {
  name = "require-core", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    require "lobule.core".write_file("left-behind", "x")
  end,
}
