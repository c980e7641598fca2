-- A report of three thousand paragraphs.
-- expect 1 the report has 3000 entries, at most 2000
return {
  name = "flood-report", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 10 },
  run = function(lb, inputs, params, report)
    for i = 1, 3000 do report:text("paragraph " .. i) end
  end,
}
