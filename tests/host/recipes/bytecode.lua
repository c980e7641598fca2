-- Loads bytecode.
-- expect 1 load: a recipe loads no bytecode
return {
  name = "bytecode", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    load("\27Lua\84\0\25\147\r\n\26\n")()
  end,
}
