-- Prints what would steer the terminal.
-- expect 0 \?\[31mred\?\[0m
return {
  name = "terminal-print", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    print "\27[31mred\27[0m \u{9b}31m \u{202e}txet \x9b31m"
    return {}
  end,
}
