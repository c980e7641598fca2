-- A table without end.
-- expect 3 memory-table\.lua asked for more memory than it may have \(128 MiB\)
return {
  name = "memory-table", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 20, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    local t = {}
    for i = 1, math.huge do t[i] = { i } end
  end,
}
