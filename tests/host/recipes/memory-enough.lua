-- Texts and tables up to four fifths of the limit, with garbage all the time.
-- expect 0 tables.1500000
return {
  name = "memory-enough", version = "1.0.0", title = "A recipe of the tests",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  limits = { cpu_s = 60, memory = "256 MiB" },
  run = function(lb)
    local kept = {}
    for i = 1, 200 do kept[i] = ("x"):rep(1024 * 1024 - 64 + i) end
    for i = 1, 2000 do kept[201] = ("y"):rep(300000 + i) end
    local make = coroutine.wrap(function()
      for i = 1, 500 do
        kept[201] = ("z"):rep(300000 + i)
        coroutine.yield()
      end
    end)
    for _ = 1, 500 do make() end
    kept = nil
    local list = {}
    for i = 1, 8 * 1024 * 1024 do list[i] = i end
    list = nil
    local tables = {}
    for i = 1, 1500000 do tables[i] = { i } end
    print("tables", #tables, kept, list)
    return { n = 1 }
  end,
}
