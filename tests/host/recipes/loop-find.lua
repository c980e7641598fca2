-- A search that does not end.
-- expect 3 loop-find\.lua used up its processor time \(1 s\)
return {
  name = "loop-find", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    local s = ("a"):rep(60)
    s:find(("a-"):rep(30) .. "b")
  end,
}
