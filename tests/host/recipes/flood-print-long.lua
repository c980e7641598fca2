-- Prints one line of ten megabytes.
-- expect 0 what is printed beyond this is left out
return {
  name = "flood-print-long", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 10 },
  run = function(lb, inputs, params, report)
    print(("x"):rep(10000000))
    return {}
  end,
}
