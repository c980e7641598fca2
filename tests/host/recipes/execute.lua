-- Starts a program.
-- expect 1 execute\.lua:[0-9]+: undefined name 'os'
return {
  name = "execute", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    os.execute "touch left-behind"
  end,
}
