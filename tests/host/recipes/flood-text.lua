-- A paragraph of a megabyte.
-- expect 1 block 1 of the report has 1000000 bytes
return {
  name = "flood-text", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    report:text(("x"):rep(1000000))
  end,
}
