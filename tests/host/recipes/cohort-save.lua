-- Writes a cohort.
-- expect 1 a recipe writes no files|no method
return {
  name = "cohort-save", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    inputs.data:save "left-behind.csv"
  end,
}
