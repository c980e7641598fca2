-- A report without end.
-- expect 3 memory-concat\.lua asked for more memory than it may have \(128 MiB\)
return {
  name = "memory-concat", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 20, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    local text = ("x"):rep(1000000)
    local list = {}
    for i = 1, math.huge do list[i] = text .. i end
  end,
}
