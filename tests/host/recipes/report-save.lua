-- Saves its report.
-- expect 1 report-save\.lua:[0-9]+: report:save: a recipe writes no files
return {
  name = "report-save", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    report:text("x"):save "left-behind.html"
  end,
}
