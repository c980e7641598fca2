-- A frame of four thousand million rows.
-- expect 3 memory-frame\.lua asked for more memory than it may have \(128 MiB\)
return {
  name = "memory-frame", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 20, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    local ok = pcall(lb.frame, { { "x", { n = 4000000000 }, "real" } })
    return { n = ok and 1 or 0 }
  end,
}
