-- A frame that is doubled without end.
-- expect 3 memory-rows\.lua asked for more memory than it may have \(128 MiB\)
return {
  name = "memory-rows", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 20, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    local d = lb.frame { { "x", { 1, 2, 3 } } }
    local kept = {}
    while true do
      local ok, more = pcall(d.append, d, d)
      if ok then
        d, kept[#kept + 1] = more, d
      end
    end
  end,
}
