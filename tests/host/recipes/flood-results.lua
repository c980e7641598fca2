-- Twenty thousand results.
-- expect 1 the list of results has 20000 entries
return {
  name = "flood-results", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 10 },
  run = function(lb, inputs, params, report)
    local r = {}
    for i = 1, 20000 do r["r" .. i] = i end
    return r
  end,
}
