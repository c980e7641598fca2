-- An error of lobule shows line and mend.
-- expect 1 error-line\.lua:10: cohort:filter: no column 'tmie' \(did you mean 'time'\?\)
return {
  name = "error-line", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    local d = inputs.data
      :filter "tmie > 1"
    print(d)
  end,
}
