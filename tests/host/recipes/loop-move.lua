-- A loop within one function of the library.
-- expect 3 loop-move\.lua used up its processor time \(1 s\)
return {
  name = "loop-move", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    table.move({}, 1, math.maxinteger - 1, 2)
  end,
}
