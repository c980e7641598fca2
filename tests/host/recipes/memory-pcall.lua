-- A table without end, and an answer as if nothing had been.
-- expect 3 memory-pcall\.lua asked for more memory than it may have \(128 MiB\)
return {
  name = "memory-pcall", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 20, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    pcall(function()
      local t = {}
      for i = 1, math.huge do t[i] = { i } end
    end)
    return { n = 1 }
  end,
}
