-- Prints without end.
-- expect 3 flood-print-loop\.lua used up its processor time \(1 s\)
return {
  name = "flood-print-loop", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    while true do print "again" end
  end,
}
