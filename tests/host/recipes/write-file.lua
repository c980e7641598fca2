-- Writes a file.
-- expect 1 write-file\.lua:[0-9]+: undefined name 'io'
return {
  name = "write-file", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    io.open("left-behind", "w"):write "x"
  end,
}
