-- Handlers of errors in their own handlers.
-- expect 3 used up its processor time
return {
  name = "recursion-handler", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    local function f() error(select(2, xpcall(f, f))) end
    f()
  end,
}
