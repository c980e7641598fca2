-- Declares inputs without end.
-- expect 1 undefined name 'setmetatable'
local lie = setmetatable({}, { __index = function(t) return t end })
return {
  name = "metadata-lies", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    return {}
  end,
}
