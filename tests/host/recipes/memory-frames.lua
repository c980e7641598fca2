-- Frames up to four fifths of the limit, with garbage all the time.
-- expect 0 rows.2097152
return {
  name = "memory-frames", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 60, memory = "80 MiB" },
  run = function(lb)
    local d = lb.frame { { "i", { 1, 2, 3, 4, 5, 6, 7, 8 } } }
    for _ = 1, 18 do d = d:append(d) end
    for k = 1, 2 do d = d:mutate { "y" .. k .. " = i * 2.0 + " .. k } end
    for k = 1, 12 do
      local e = d:mutate { "z = y1 + " .. k }
      assert(#e == #d)
    end
    print("rows", #d)
    return { n = 1 }
  end,
}
