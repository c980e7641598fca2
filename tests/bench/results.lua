--- The lines of one run, sorted by task: ours, the peers, the bare kernels and the goals.
local core = require "lobule.core"

local M = {}

-- Tasks that share another's kernel, and the one that has its peers.
local LIMIT_OF <const> = { cox_efron_fit_only = "cox_efron", match_caliper = "match_nearest",
  gsd_survival_n = "gsd_boundaries" }
local PEERS_OF <const> = { filter_lazy = "filter" }
local LABS_A_PATIENT <const> = 3
local STARTUP <const> = "^startup_"

---@class lobule.bench.Point
---@field wall number    seconds: the shortest, of whole processes the median
---@field rss? number    KiB: of ours the largest over thread counts, of peers the least

---@class lobule.bench.Task
---@field name string
---@field ours table<integer, lobule.bench.Point>
---@field peers table<string, table<integer, lobule.bench.Point>>
---@field peer_names string[]    sorted
---@field limit table<integer, lobule.bench.Point>
---@field goal table<integer, lobule.bench.Point>

-- Keeps the better time and, by `choose`, one of two memories.
local function keep(points, row, wall, choose)
  local n <const> = math.tointeger(row.n)
  local rss <const> = type(row.rss_kb) == "number" and row.rss_kb or nil
  local point <const> = points[n]
  if not point then
    points[n] = { wall = wall, rss = rss }
    return
  end
  point.wall = math.min(point.wall, wall)
  point.rss = point.rss and rss and choose(point.rss, rss) or point.rss or rss
end

local function number_or_nil(x)
  return type(x) == "number" and x or nil
end

-- By task: place in the file, multiple of the limit, fixed seconds (nil where the goal is another).
local function read_goals(path)
  local goals, place = {}, 0
  for line in io.lines(path) do
    local task <const>, multiple <const>, fixed <const> =
      line:match "^([^#\t]+)\t([^\t]*)\t([^\t]*)"
    if task then
      place = place + 1
      goals[task] = { place = place, multiple = tonumber(multiple), fixed = tonumber(fixed) }
    end
  end
  return goals
end

-- Tasks in the order of the goals, others after them in the order in which they were timed.
local function in_order(tasks, goals)
  local place = {}
  for i, task in ipairs(tasks) do
    place[task] = goals[task.name] and goals[task.name].place or 1000 + i
  end
  table.sort(tasks, function(a, b) return place[a] < place[b] end)
end

-- Every line of the run by what it is; tasks in the order in which ours were timed.
local function read_lines(path)
  local tasks, by_name, peers, limits = {}, {}, {}, {}
  for text in io.lines(path) do
    local row <const> = core.json_decode(text)
    if row.limit then
      limits[row.limit] = limits[row.limit] or {}
      if number_or_nil(row.wall) then keep(limits[row.limit], row, row.wall, math.min) end
    elseif row.task and number_or_nil(row.wall_min) then
      local wall <const> = row.task:find(STARTUP) and row.wall_med or row.wall_min
      if row.peer == "lobule" then
        if not by_name[row.task] then
          by_name[row.task] = { name = row.task, ours = {} }
          tasks[#tasks + 1] = by_name[row.task]
        end
        keep(by_name[row.task].ours, row, wall, math.max)
      else
        peers[row.task] = peers[row.task] or {}
        peers[row.task][row.peer] = peers[row.task][row.peer] or {}
        keep(peers[row.task][row.peer], row, wall, math.min)
      end
    end
  end
  return tasks, peers, limits
end

-- The sizes in numbers of patients, from the tasks whose rows are patients.
local function patients_of(tasks)
  local seen, list = {}, {}
  for _, task in ipairs(tasks) do
    for n in pairs(task.ours) do
      local patients <const> = task.name == "csv_load_labs" and n // LABS_A_PATIENT or n
      if not task.name:find(STARTUP) and not seen[patients] then
        seen[patients], list[#list + 1] = true, patients
      end
    end
  end
  table.sort(list)
  return list
end

--- The tasks of a run.
---@param path string         compare.json
---@param goals_path string   goals.tsv
---@return lobule.bench.Task[]
---@return integer[] patients  the sizes, ascending
function M.load(path, goals_path)
  local goals <const> = read_goals(goals_path)
  local tasks <const>, peers <const>, limits <const> = read_lines(path)
  in_order(tasks, goals)
  for _, task in ipairs(tasks) do
    task.peers = peers[task.name] or peers[PEERS_OF[task.name]] or {}
    task.limit = limits[LIMIT_OF[task.name] or task.name] or {}
    task.peer_names, task.goal = {}, {}
    for name in pairs(task.peers) do task.peer_names[#task.peer_names + 1] = name end
    table.sort(task.peer_names)
    local goal <const> = goals[task.name]
    for n, point in pairs(goal and goal.multiple and task.limit or {}) do
      task.goal[n] = { wall = goal.multiple * point.wall + goal.fixed }
    end
  end
  return tasks, patients_of(tasks)
end

--- The sizes of a set of points, ascending.
---@param points table<integer, lobule.bench.Point>
---@return integer[]
function M.sizes(points)
  local list = {}
  for n in pairs(points) do list[#list + 1] = n end
  table.sort(list)
  return list
end

--- The rows that a task has with so many patients.
---@param task lobule.bench.Task
---@param patients integer|nil  nil: whole processes, which have one size
---@return integer|nil          nil: the task was not timed at that size
function M.rows(task, patients)
  local startup <const> = task.name:find(STARTUP) ~= nil
  if startup ~= (patients == nil) then return nil end
  if startup then return M.sizes(task.ours)[1] end
  local n <const> = task.name == "csv_load_labs" and patients * LABS_A_PATIENT or patients
  return task.ours[n] and n or nil
end

-- Ours, the least of the peers' and whose it is.
local function against(task, n, field)
  if not n then return nil end
  local least, who
  for _, name in ipairs(task.peer_names) do
    local point <const> = task.peers[name][n]
    if point and point[field] and (not least or point[field] < least) then
      least, who = point[field], name
    end
  end
  return task.ours[n][field], least, who
end

--- Our time, the fastest peer's, and its name.
---@param task lobule.bench.Task
---@param n integer|nil
---@return number? ours
---@return number? peer
---@return string? name
function M.times(task, n)
  return against(task, n, "wall")
end

--- Our peak memory, the most frugal peer's, and its name.
---@param task lobule.bench.Task
---@param n integer|nil
---@return number? ours
---@return number? peer
---@return string? name
function M.memory(task, n)
  return against(task, n, "rss")
end

return M
