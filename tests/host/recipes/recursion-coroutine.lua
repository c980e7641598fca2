-- Coroutines ten thousand deep.
-- expect 1 C stack overflow
return {
  name = "recursion-coroutine", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    local function f(n)
      if n == 0 then return 0 end
      return 1 + coroutine.wrap(f)(n - 1)
    end
    f(10000)
  end,
}
