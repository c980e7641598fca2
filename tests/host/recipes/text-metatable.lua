-- Changes what the methods of texts do.
-- expect 1 text-metatable\.lua:[0-9]+: the metatable of texts cannot
return {
  name = "text-metatable", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    getmetatable("").__index = { format = function() return "1" end }
  end,
}
