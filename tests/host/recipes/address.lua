-- Shows an address.
-- expect 1 '%p' shows an address
return {
  name = "address", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    return { n = #("%p"):format({}) }
  end,
}
