-- A text of ten thousand million letters.
-- expect 1 rep-long\.lua:[0-9]+: resulting string too large
return {
  name = "rep-long", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 20, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    local s = ("x"):rep(10000000000)
    print(#s)
  end,
}
