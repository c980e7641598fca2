-- Calls itself without end.
-- expect 1 recursion\.lua:[0-9]+: stack overflow
return {
  name = "recursion", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    local function f() return 1 + f() end
    f()
  end,
}
