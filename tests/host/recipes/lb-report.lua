-- Makes a report of its own and saves it.
-- expect 1 lb\.report: a recipe adds to the report
return {
  name = "lb-report", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    lb.report { title = "x" }:save "left-behind.html"
  end,
}
