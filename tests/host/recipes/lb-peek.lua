-- Looks into a file.
-- expect 1 lb\.peek: a recipe reads no files
return {
  name = "lb-peek", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    lb.peek "d.csv"
  end,
}
