-- Saves a figure.
-- expect 1 figure:save: a recipe writes no files
return {
  name = "figure-save", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    local km = lb.survival.km("Surv(time, event) ~ arm", inputs.data)
    km:plot():save "left-behind.svg"
  end,
}
