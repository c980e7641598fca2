--- Times a task as the peers' scripts do: one warm-up, repeats within a budget, one JSON line a
--- task.
local core = require "lobule.core"
local host = require "lobule.host"

local M = {}

local only = os.getenv "LOBULE_BENCH_ONLY"
-- Seconds from which garbage is collected before each repeat, as the peers' scripts do: the peak of
-- memory is that of one call, not of what earlier ones left behind.
local LONG <const> = 0.01
local budget = tonumber(os.getenv "LOBULE_BENCH_BUDGET") or 6 -- 0: only the checks matter
M.data = (os.getenv "LOBULE_BENCH_DATA" or "data") .. "/"

--- The row counts asked for.
function M.sizes()
  local list = {}
  for n in (os.getenv "LOBULE_BENCH_SIZES" or "1000"):gmatch "%d+" do
    list[#list + 1] = math.tointeger(n)
  end
  return list
end

--- true when the task is wanted: the pattern is an alternation of names, ^(a|b)$.
function M.wanted(task)
  if not only or only == "" or only == "." then return true end
  for name in only:gsub("[%^%$()]", ""):gmatch "[^|]+" do
    if task == name then return true end
  end
  return false
end

local function reset_peak()
  local file = io.open("/proc/self/clear_refs", "w")
  if file then
    file:write "5"
    file:close()
  end
end

local function peak_kb()
  for line in io.lines "/proc/self/status" do
    local kb = line:match "^VmHWM:%s*(%d+)"
    if kb then return tonumber(kb) end
  end
end

local function once(f, loops)
  local wall, cpu = host.clock(), os.clock()
  local check
  for _ = 1, loops do check = f() end
  return (host.clock() - wall) / loops, (os.clock() - cpu) / loops, check
end

-- Bytes of a value, the bit that says whether it is there left out.
local WIDTH <const> = { real = 8, integer = 8, datetime = 8, factor = 4, date = 4, logical = 1 / 8 }

--- Bytes of columns, as the frame holds them.
---@param data lobule.Frame
---@param names string  with spaces between
---@return integer
function M.bytes(data, names)
  local sum = 0
  for name in names:gmatch "%S+" do sum = sum + WIDTH[data:column(name):type()] * #data end
  return math.ceil(sum)
end

-- The most memory that one call takes beyond what was held before it, of columns, results and work
-- space: not what Lua itself needs, which does not grow with the rows.
local function extra_of(f)
  collectgarbage()
  local _, before <const> = core.memory_peak()
  f()
  return core.memory_peak() - before
end

--- Runs f with one thread and with two and prints a line each; f returns the list of checks.
---@param task string
---@param n integer
---@param f fun(): any[]
---@param input? integer  bytes of the columns that are read: then the memory of a call is measured
function M.time(task, n, f, input)
  if not M.wanted(task) then return end
  for _, threads in ipairs { 1, 2 } do
    core.threads(threads)
    collectgarbage()
    core.memory_trim() -- what earlier tasks left is not this one's
    reset_peak()
    local wall = once(f, 1)
    local loops = (budget > 0 and wall < 0.05) and math.ceil(0.1 / math.max(wall, 1e-7)) or 1
    local walls, cpu, spent, check = {}, math.huge, 0, nil
    while #walls < 3 or (#walls < 15 and spent < budget) do
      local w, c
      if wall > LONG then collectgarbage() end
      w, c, check = once(f, loops)
      walls[#walls + 1] = w
      cpu, spent = math.min(cpu, c), spent + w * loops
    end
    table.sort(walls)
    for i, value in ipairs(check) do check[i] = value == nil and core.NA or value end
    local keys = { "peer", "task", "n", "threads", "reps", "wall_min", "wall_med", "cpu_min",
      "rss_kb", "check" }
    local line = { peer = "lobule", task = task, n = n, threads = threads,
      reps = #walls, wall_min = walls[1],
      wall_med = walls[(#walls + 1) // 2], cpu_min = cpu, rss_kb = peak_kb(), check = check }
    if input then
      keys[#keys + 1], keys[#keys + 2] = "extra_bytes", "input_bytes"
      line.extra_bytes, line.input_bytes = extra_of(f), input
    end
    print(core.json_encode(setmetatable(line, { __keys = keys })))
  end
  core.threads(0)
end

return M
