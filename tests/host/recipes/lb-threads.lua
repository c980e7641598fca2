-- Asks for threads.
-- expect 1 lb has no function or namespace 'threads'
return {
  name = "lb-threads", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    lb.threads(64)
  end,
}
