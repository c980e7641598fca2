-- Reads a database.
-- expect 1 lb\.sqlite: a recipe reads no files
return {
  name = "lb-sqlite", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    lb.sqlite("x.db", { table = "t" })
  end,
}
