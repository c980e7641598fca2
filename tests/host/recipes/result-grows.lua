-- Returns an object whose record doubles at each level.
-- expect 1 more than 400000 tables
return {
  name = "result-grows", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 20, memory = "2 GiB" },
  run = function(lb, inputs, params, report)
    local t = {}
    for _ = 1, 40 do t = { t, t } end
    return { t = { record = function() return t end } }
  end,
}
