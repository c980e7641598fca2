-- A text of two thousand million letters, again and again.
-- expect 3 memory-rep-pcall\.lua asked for more memory than it may have \(128 MiB\)
return {
  name = "memory-rep-pcall", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 20, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    while true do pcall(string.rep, "x", 2000000000) end
  end,
}
