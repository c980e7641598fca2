-- A loop while its table is read.
-- expect 3 loop-metadata\.lua used up its processor time \(2 s\)
while true do end
return {
  name = "loop-metadata", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    return {}
  end,
}
