-- Reads the environment.
-- expect 1 undefined name 'os'
return {
  name = "environment", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    print(os.getenv "HOME")
  end,
}
