-- Changes the methods of cohorts.
-- expect 1 class\.lua:[0-9]+: the metatable of an object of lobule
return {
  name = "class", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    getmetatable(inputs.data).filter = function() end
  end,
}
