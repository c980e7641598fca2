--- Tables that are wide, long, or hold one huge cell: read, worked on, shown and saved, in memory
--- that stays in proportion. Each runs in a process of its own, so that its peak can be seen.
local PROGRAM <const> = os.getenv "LOBULE_PROGRAM" or "build/lobule"
local SANITIZED <const> = (os.getenv "SAN" or "") ~= ""

--- What a field of /proc/meminfo or /proc/self/status says, in MiB; nil elsewhere than on Linux.
local READ_MIB <const> = [[
local function mib(path, field)
  for line in io.lines(path) do
    local kib = line:match("^" .. field .. ":%s+(%d+) kB")
    if kib then return tonumber(kib) // 1024 end
  end
end
]]
local mib <const> = load(READ_MIB .. "return mib")()

--- Runs a script with `folder` and `lb`; its output, with "peak N" at the end.
local function run(script)
  local folder = os.tmpname()
  os.remove(folder)
  os.execute(("mkdir '%s'"):format(folder))
  local file = assert(io.open(folder .. "/script.lua", "w"))
  file:write(("local lb, folder = require 'lobule', %q\n"):format(folder .. "/"), READ_MIB, script,
    "\nprint('peak ' .. mib('/proc/self/status', 'VmHWM'))\n")
  file:close()
  local pipe = io.popen(("COLUMNS=80 '%s' '%s/script.lua' 2>&1"):format(PROGRAM, folder))
  local output = pipe:read "a"
  local ok = pipe:close()
  os.execute(("rm -r '%s'"):format(folder))
  assert.is_true(ok, output)
  return output, tonumber(output:match "peak (%d+)")
end

--- Skips where the machine has less memory to give than the test may take.
local function needs(available)
  local have = mib("/proc/meminfo", "MemAvailable") or 0
  if have < available then pending(("needs %d MiB of memory, has %d"):format(available, have)) end
  return have >= available
end

describe("ten thousand columns", function()
  it("are read, filtered, mutated, shown, and saved and read again", function()
    if not needs(1024) then return end
    local output, peak = run [[
      local names, rows = {}, {}
      for c = 1, 10000 do names[c] = "v" .. c end
      for r = 1, 20 do
        local row = {}
        for c = 1, 10000 do row[c] = c % 3 == 0 and "w" .. r or r * c % 97 end
        rows[r] = table.concat(row, ",")
      end
      local file = io.open(folder .. "wide.csv", "w")
      file:write(table.concat(names, ","), "\n", table.concat(rows, "\n"), "\n")
      file:close()
      local frame = lb.read(folder .. "wide.csv")
      assert(#frame == 20 and #frame:names() == 10000)
      local some = frame:filter "v1 > 3":mutate { "s = v1 + v10000", "v5 = v5 * 2" }
      assert(#some == 17 and #some:names() == 10001 and some:column "v5"[1] == 40)
      assert(some:column "s"[1] == 4 + 40000 % 97)
      assert(#some:select(some:names()):names() == 10001)
      local schema = tostring(lb.cohort(folder .. "wide.csv", { id = "v1" }))
      assert(schema:find "20 rows" and schema:find "\nv10000 ")
      local shown = require "lobule.table".from_frame(frame):text()
      assert(shown:find "and %d+ more$" and #shown < 10000)
      for _, ending in ipairs { "csv", "xlsx", "dta", "sav", "xpt" } do
        local path = folder .. "again." .. ending
        frame:save(path)
        local again = lb.read(path)
        assert(#again == 20 and #again:names() == 10000, ending)
        assert(again:column "v9998"[20] == 20 * 9998 % 97, ending)
        assert(again:column "v9999"[20] == "w20", ending)
      end
      local ok, refused = pcall(frame.save, frame, folder .. "wide.db")
      assert(not ok and tostring(refused):find "a table of SQLite holds at most 2000")
      -- Frames in between hold 20,000 places each: the collector has to know of them.
      local many = {}
      for i = 1, 1000 do many[i] = ("w%d = v%d"):format(i, i) end
      assert(#frame:mutate(many):names() == 11000)]]
    if not SANITIZED then assert.is_true(peak < 400, output) end
  end)
end)

describe("a cell of 100 MB", function()
  it("is read, worked on and saved; formats that cannot hold it say so", function()
    if SANITIZED or not needs(3072) then return end
    local output, peak = run [[
      local file = io.open(folder .. "cell.csv", "w")
      file:write("id,note\n1,", ("x"):rep(100 << 20), "\n2,b\n")
      file:close()
      local frame = lb.read(folder .. "cell.csv")
      assert(#frame == 2 and #frame:column "note"[1] == 100 << 20)
      local long = frame:filter "note ~= 'b'":mutate { "n = length(note)", "s = upper(note)" }
      assert(#long == 1 and long:column "n"[1] == 100 << 20)
      assert(long:column "s"[1]:sub(-2) == "XX")
      local shown = require "lobule.table".from_frame(frame):text()
      assert(#shown < 2000, "of a cell that fits no screen the first lines are shown")
      assert(#tostring(lb.cohort(folder .. "cell.csv", { id = "id" })) < 1000)
      frame:save(folder .. "again.csv")
      assert(#lb.read(folder .. "again.csv"):column "note"[1] == 100 << 20)
      for ending, most in pairs { xlsx = 32767, dta = 2045, sav = 32767, xpt = 200 } do
        local ok, refused = pcall(frame.save, frame, folder .. "again." .. ending)
        assert(not ok and tostring(refused):find(tostring(most), 1, true), ending)
        assert(#tostring(refused) < 500 and not io.open(folder .. "again." .. ending), ending)
      end]]
    assert.is_true(peak < 1500, output)
  end)
end)

describe("ten million rows", function()
  it("are read, filtered, summarised and sorted in bounded memory", function()
    if SANITIZED or not needs(2048) then return end
    local output, peak = run [[
      local block = {}
      for i = 1, 100000 do block[i] = ("%d,%d"):format(i % 1000, i * 7919 % 100003) end
      local text = table.concat(block, "\n") .. "\n"
      local file = io.open(folder .. "rows.csv", "w")
      file:write "g,x\n"
      for _ = 1, 100 do file:write(text) end
      file:close()
      local frame = lb.read(folder .. "rows.csv")
      assert(#frame == 10000000)
      local n, sum = 0, 0
      for i = 1, 100000 do
        local x = i * 7919 % 100003
        if i % 1000 == 7 then sum = sum + x end
        if x > 50000 then n = n + 1 end
      end
      assert(#frame:filter "x > 50000" == 100 * n)
      local by = frame:summarise({ "n = n()", "m = mean(x)", "q = median(x)" }, { by = "g" })
      assert(#by == 1000 and by:column "n"[8] == 10000 and by:column "g"[8] == 7)
      assert(math.abs(by:column "m"[8] - sum / 100) < 1e-9)
      local sorted = frame:sort { "x" }:column "x"
      for i = 100, 9999999, 99900 do assert(sorted[i] <= sorted[i + 1]) end
      assert(sorted[1] == sorted[100] and sorted[101] > sorted[100])]]
    assert.is_true(peak < 1024, output)
  end)
end)
