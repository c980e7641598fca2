-- Looks into the functions of others.
-- expect 1 a recipe has no debug library
return {
  name = "debug", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    print(debug.getregistry())
  end,
}
