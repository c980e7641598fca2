-- Loads a library.
-- expect 1 undefined name 'package'
return {
  name = "loadlib", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    package.loadlib("libc.so.6", "system")
  end,
}
