-- Chooses its own seed.
-- expect 1 math\.randomseed: the seed is the run's
return {
  name = "seed", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    math.randomseed(1)
  end,
}
