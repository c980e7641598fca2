-- Walks keys that have no order.
-- expect 1 object-keys\.lua:[0-9]+: the keys of this table are objects
return {
  name = "object-keys", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    for k in pairs { [{}] = 1, [{}] = 2 } do print(k) end
  end,
}
