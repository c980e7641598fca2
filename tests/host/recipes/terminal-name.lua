-- A name that would steer the terminal.
-- expect 1 undefined name '\?\[2J'
return {
  name = "terminal-name", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    return _G["\27[2J"]
  end,
}
