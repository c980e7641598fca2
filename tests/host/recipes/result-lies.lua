-- Returns an object whose record has no end.
-- expect 1 nested deeper than 64
return {
  name = "result-lies", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 1, memory = "128 MiB" },
  run = function(lb, inputs, params, report)
    local t = { record = function(self)
      local ring = {}
      ring.ring = ring
      return ring
    end }
    return { t = t }
  end,
}
