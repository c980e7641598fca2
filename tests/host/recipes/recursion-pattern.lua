-- A pattern that recurses.
-- expect 1 pattern too complex
return {
  name = "recursion-pattern", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    local s = ("a"):rep(300000)
    return { n = s:find(("a?"):rep(300000) .. "b") }
  end,
}
