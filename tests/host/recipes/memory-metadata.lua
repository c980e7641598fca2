-- Memory without end while its table is read.
-- expect 3 memory-metadata\.lua asked for more memory than it may have \(256 MiB\)
local text = ("x"):rep(2000000000)
return {
  name = "memory-metadata", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 20, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    return {}
  end,
}
