-- Runs another file.
-- expect 1 undefined name 'dofile'
return {
  name = "dofile", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    dofile "/tmp/x.lua"
  end,
}
