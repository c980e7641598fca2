-- Text that is no Lua.
-- expect 1 error-syntax\.lua:3: 
x = = 1
return {
  name = "error-syntax", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    return {}
  end,
}
