-- A text that nests without end.
-- expect 1 (C stack|C levels|overflow)
return {
  name = "recursion-parse", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    assert(load("return " .. ("{"):rep(100000)))
  end,
}
