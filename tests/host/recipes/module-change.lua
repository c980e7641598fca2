-- Changes a function of lobule.
-- expect 1 lb\.survival\.km cannot be changed
return {
  name = "module-change", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    lb.survival.km = function() return 1 end
  end,
}
