-- What a recipe may do, the same bytes on every run.
-- expect 0 ^order.1 2 a b c d e.false$
return {
  name = "allowed", version = "1.0.0", title = "Allowed <script>alert(1)</script> & \"more\"",
  inputs = { data = { columns = { { "time", role = "time" },
    { "event", role = "event" }, { "arm", role = "arm", type = "factor" } } } },
  run = function(lb, inputs, params, report)
    local t = { e = 5, b = 2, "x", "y", d = 4, c = 3, a = 1 }
    local keys = {}
    for key, value in pairs(t) do
      if key == "b" then t.c = nil end
      keys[#keys + 1] = tostring(key)
      assert(value ~= nil)
    end
    t.c = 3
    local walked = {}
    for key in next, t do walked[#walked + 1] = tostring(key) end
    assert(#walked == 7 and next({}) == nil and select("#", next({})) == 1)
    print("order", table.concat(walked, " "), false)
    print(table.concat(keys, " "), tostring(t), tostring(print), ("%s %5.1f%%p"):format({}, 2))
    print(math.random(1000), math.random(), math.random(0))
    local list = {}
    for i = 1, 5000 do list[i] = { i % 7, i } end
    table.sort(list, function(a, b) return a[1] < b[1] end)
    for i = 2, #list do
      assert(list[i - 1][1] < list[i][1] or list[i - 1][2] < list[i][2], "stable")
    end
    table.sort(list, function() return true end)
    print(list[1][2], list[2500][2], list[5000][2])
    local numbers = { 3, 1, 2 }
    table.sort(numbers)
    print(table.concat(numbers, " "), getmetatable(setmetatable({}, { __index = t })).__index == t)
    local evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    local km = lb.survival.km("Surv(time, event) ~ arm", inputs.data)
    report:heading(evil):text(evil .. " {m}", { m = evil }):note(evil)
    report:add(lb.table { caption = evil, columns = { { label = evil } }, rows = { { evil } },
      notes = { evil } })
    report:add(km:plot { title = evil, risk_table = true }, { caption = evil })
    report:add(km):add(inputs.data:flow())
    report:add(lb.figure.flow { title = evil, desc = evil, steps = { { label = evil, n = 3,
      excluded = { { evil, 1 } } } } })
    report:add(lb.figure.forest { title = evil, columns = { { label = evil } }, x_label = evil,
      rows = { { label = evil, cells = { evil }, text = evil, estimate = 1, conf_low = 0.5,
        conf_high = 2 } } })
    return { km = km, n = #inputs.data, [evil] = 1 }
  end,
}
