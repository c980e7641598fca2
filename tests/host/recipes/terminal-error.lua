-- An error that would steer the terminal.
-- expect 1 terminal-error\.lua:[0-9]+: \?\[2J\?\]0;mine\?
return {
  name = "terminal-error", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    error "\27[2J\27]0;mine\7"
  end,
}
