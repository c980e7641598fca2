-- Writes a frame.
-- expect 1 frame-csv\.lua:[0-9]+: frame:csv: a recipe writes no files
return {
  name = "frame-csv", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    lb.frame({ { "x", { 1 } } }):csv "left-behind.csv"
  end,
}
