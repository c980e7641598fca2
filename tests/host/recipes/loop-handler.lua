-- A loop in the handler of an error.
-- expect 3 loop-handler\.lua used up its processor time \(1 s\)
return {
  name = "loop-handler", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    xpcall(error, function() while true do end end, "x")
  end,
}
