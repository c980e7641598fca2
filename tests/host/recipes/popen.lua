-- Starts a program and reads it.
-- expect 1 popen\.lua:[0-9]+: undefined name 'io'
return {
  name = "popen", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    print(io.popen("id"):read "a")
  end,
}
