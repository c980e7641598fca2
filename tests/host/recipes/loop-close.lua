-- A loop in what closes a variable.
-- expect 3 loop-close\.lua used up its processor time \(1 s\)
return {
  name = "loop-close", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    local x <close> = setmetatable({}, { __close = function() while true do end end })
    error "close"
  end,
}
