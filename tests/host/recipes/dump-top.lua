-- Makes bytecode while its table is read.
-- expect 1 string\.dump: a recipe makes no bytecode
local code = ("x").dump(function() end)
return {
  name = "dump-top", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    return {}
  end,
}
