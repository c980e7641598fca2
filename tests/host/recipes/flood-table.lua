-- A table of a million cells.
-- expect 1 the tables have more than 500000 cells
return {
  name = "flood-table", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 20, memory = "1 GiB" },
  run = function(lb, inputs, params, report)
    local rows = {}
    for i = 1, 250000 do rows[i] = { "1", "2", "3", "4" } end
    report:add(lb.table { columns = { { label = "a" }, { label = "b" }, { label = "c" }, { label = "d" } }, rows = rows })
  end,
}
