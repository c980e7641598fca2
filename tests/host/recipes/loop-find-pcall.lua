-- A search that does not end, caught.
-- expect 3 loop-find-pcall\.lua used up its processor time \(1 s\)
return {
  name = "loop-find-pcall", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    pcall(string.find, ("a"):rep(60), ("a-"):rep(30) .. "b")
  end,
}
