-- A loop in a coroutine.
-- expect 3 loop-coroutine\.lua used up its processor time \(1 s\)
return {
  name = "loop-coroutine", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    coroutine.wrap(function() while true do end end)()
  end,
}
