-- Reads a file from text that it loads.
-- expect 1 \(load\):1: undefined name 'io'
return {
  name = "load-inner", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    print(load("return io.open([[/etc/passwd]])", "@lobule/init.lua")())
  end,
}
