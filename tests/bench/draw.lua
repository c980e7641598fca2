--- Draws a run of the benchmark: lobule draw.lua FOLDER reads FOLDER/compare.json, compare.md and
--- startup.md, and writes times.svg, ratios.svg, memory.svg and bench.md beside them.
package.path = (arg[0]:match "^.*/" or "./") .. "?.lua;" .. package.path
local lb = require "lobule"
local core = require "lobule.core"
local results = require "results"

local folder <const> = assert(arg[1], "usage: lobule draw.lua FOLDER") .. "/"

local TITLES <const> = {
  csv_load = "Read a CSV of 19 columns", csv_load_labs = "Read a CSV of 3 columns",
  filter = "Filter, all columns copied", filter_lazy = "Filter, row numbers only",
  mutate = "Five new columns", groupby = "Median and mean by group",
  sort = "Sort by three keys, all columns", sort_key_only = "Order of one column",
  rolling_join = "Last value before a date", km3 = "Kaplan-Meier, three arms",
  logrank = "Log-rank test", cox_efron = "Cox, ten covariates",
  cox_efron_fit_only = "Cox, the fit alone", cox_strata = "Cox, 40 strata",
  cox_counting = "Cox, late entry", finegray = "Fine-Gray, ten covariates",
  cuminc = "Cumulative incidence", concordance = "Concordance",
  rmst = "Restricted mean survival", logistic = "Logistic, ten covariates",
  wilcoxon = "Rank-sum test", iptw3 = "Weighting, three treatments",
  match_nearest = "Matching, nearest", match_caliper = "Matching within a caliper",
  boot_cox_1000 = "Cox, 1,000 resamples", perm_logrank_10000 = "Log-rank, permutations",
  startup_empty = "Start, no work", startup_km_lung = "Start to Kaplan-Meier",
}
local NAMES <const> = { lobule = "Lobule", duckdb = "DuckDB", polars = "Polars",
  survival = "R survival" }
local SERIES <const> = { lobule = 1, ["data.table"] = 2, survival = 2, polars = 3, prodlim = 3,
  duckdb = 4, collapse = 5, pandas = 6, statsmodels = 7, scipy = 7 }
local LAST_SERIES <const> = 8
local LEAST_RANGE <const> = { 0.3, 4 }
local ROOM <const> = 1.2
local FEWEST <const> = 2 -- sizes from which a task, or a peer, is worth a line
-- Peers that take another's place where that one does not get: one line for both.
local FOR <const> = { ["survival agreg.fit"] = "survival" }

local function name_of(peer)
  return NAMES[peer] or peer
end

local function title_of(task)
  return TITLES[task] or task
end

-- 1,000,000
local function grouped(n)
  local text <const> = ("%d"):format(n)
  return (text:reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", ""))
end

-- Three significant digits, two decimals at most.
local function short(v)
  if v >= 999.5 then return grouped(math.floor(v + 0.5)) end
  return (v >= 99.5 and "%.0f" or v >= 9.95 and "%.1f" or "%.2f"):format(v)
end

-- Seconds in the unit that suits.
local function seconds(s)
  if s < 1e-3 then return short(s * 1e6) .. " µs" end
  if s < 1 then return short(s * 1e3) .. " ms" end
  return short(s) .. " s"
end

local function ticks(label_of, from, to)
  local list = {}
  for k = from, to do list[#list + 1] = { at = 10.0 ^ k, label = label_of(k) } end
  return list
end

local function time_label(k)
  if k >= 0 then return ("%d s"):format(10 ^ k) end
  if k >= -3 then return ("%d ms"):format(10 ^ (k + 3)) end
  return ("%d µs"):format(10 ^ (k + 6))
end

local function rows_label(k)
  if k >= 6 then return ("%dM"):format(10 ^ (k - 6)) end
  return k >= 3 and ("%dk"):format(10 ^ (k - 3)) or ("%d"):format(10 ^ k)
end

-- A line over the sizes at which ours was timed.
local function line_of(label, points, ours, series, look)
  local x, y = {}, {}
  for _, n in ipairs(results.sizes(points)) do
    if ours[n] then x[#x + 1], y[#y + 1] = n, points[n].wall end
  end
  return { label = label, x = x, y = y, series = series, look = look }
end

-- The peers' lines: names, and points by name.
local function peer_lines(task)
  local names, points = {}, {}
  for _, peer in ipairs(task.peer_names) do
    local name <const> = FOR[peer] or peer
    if not points[name] then names[#names + 1], points[name] = name, {} end
    for n, point in pairs(task.peers[peer]) do
      local own <const> = points[name][n]
      if task.ours[n] and not (own and own.wall <= point.wall) then points[name][n] = point end
    end
  end
  return names, points
end

-- One panel: ours on top, the peers, then what the bare kernel needs and what is aimed at.
local function panel_of(task)
  local lines = { line_of("Lobule", task.ours, task.ours, 1) }
  local names <const>, points <const> = peer_lines(task)
  for _, name in ipairs(names) do
    if #results.sizes(points[name]) >= FEWEST then -- a single point would be named across the panel
      lines[#lines + 1] = line_of(name_of(name), points[name], task.ours,
        SERIES[name] or LAST_SERIES)
    end
  end
  if next(task.limit) then
    lines[#lines + 1] = line_of("limit", task.limit, task.ours, nil, "limit")
  end
  if next(task.goal) then
    lines[#lines + 1] = line_of("goal", task.goal, task.ours, nil, "target")
  end
  return { title = title_of(task.name), lines = lines }
end

local function draw_times(tasks)
  local panels = {}
  for _, task in ipairs(tasks) do
    if #results.sizes(task.ours) >= FEWEST then panels[#panels + 1] = panel_of(task) end
  end
  if #panels == 0 then return nil end
  return lb.figure.lines { title = "Time against number of rows", panels = panels, columns = 3,
    x_log = true, y_log = true, x_label = "Rows (k thousand, M million)",
    y_label = "Time of a call, the shortest of the run; each program with 1 or 2 threads, "
      .. "whichever is faster",
    desc = "Time of each task against the number of rows on log axes, one panel a task: Lobule, "
      .. "its peers, the bare kernel (limit) and the goal. All times are of the same run.",
    x_ticks = ticks(rows_label, 0, 9),
    y_ticks = ticks(time_label, -6, 4) }
end

-- Rows of a chart of ratios; `pick` gives ours, theirs and the peer's name, or nil.
local function ratio_rows(tasks, patients, pick, write, text)
  local rows = {}
  for _, task in ipairs(tasks) do
    local ours <const>, theirs <const>, peer <const> = pick(task, results.rows(task, patients))
    if ours and theirs then
      rows[#rows + 1] = { label = title_of(task.name), estimate = ours / theirs,
        cells = { write(ours), write(theirs), name_of(peer) },
        text = text(ours / theirs) }
    end
  end
  return rows
end

local function ratio_figure(head, groups)
  local rows = {}
  for _, group in ipairs(groups) do
    if #group.rows > 0 then
      if group.label then rows[#rows + 1] = { label = group.label, header = true } end
      for _, row in ipairs(group.rows) do
        row.indent = group.label and 1 or 0
        rows[#rows + 1] = row
      end
    end
  end
  if #rows == 0 then return nil end
  local lo, hi = LEAST_RANGE[1], LEAST_RANGE[2] -- room for what the sides of 1 mean
  for _, row in ipairs(rows) do
    local ratio <const> = row.estimate
    if ratio then lo, hi = math.min(lo, ratio / ROOM), math.max(hi, ratio * ROOM) end
  end
  return lb.figure.forest { title = head.title, desc = head.desc, rows = rows, log = true,
    reference = 1, limits = { lo, hi }, favours = head.favours, x_label = head.x_label,
    label_label = "Task", estimate_label = head.estimate, columns = { { label = "Lobule" },
      { label = head.other }, { label = head.peer, align = "left" } } }
end

local function speedup(ratio)
  return short(1 / ratio)
end

local function draw_ratios(tasks, patients)
  local groups = { { label = "New process",
    rows = ratio_rows(tasks, nil, results.times, seconds, speedup) } }
  for _, n in ipairs(patients) do
    groups[#groups + 1] = { label = grouped(n) .. " patients",
      rows = ratio_rows(tasks, n, results.times, seconds, speedup) }
  end
  return ratio_figure({ title = "Time of Lobule against the fastest peer",
    desc = "Ratio of Lobule's time to that of the fastest peer of the same run, by task and size.",
    x_label = "Lobule's time / fastest peer's", other = "Peer", peer = "Fastest peer",
    estimate = "Times as fast",
    favours = { "Lobule faster", "peer faster" } }, groups)
end

local function mebibytes(kb)
  return ("%.0f MiB"):format(kb / 1024)
end

local function draw_memory(tasks, patients)
  local n <const> = patients[#patients]
  return ratio_figure({ title = "Peak memory of Lobule against the most frugal peer",
    desc = "Ratio of peak resident memory during the task, data and interpreter included.",
    x_label = ("Lobule's peak memory / least of the peers', %s patients"):format(grouped(n or 0)),
    other = "Peer", peer = "Most frugal", estimate = "Ratio",
    favours = { "Lobule needs less", "peer needs less" } },
    { { rows = n and ratio_rows(tasks, n, results.memory, mebibytes, short) or {} } })
end

local function text_of(name)
  local file <const> = io.open(folder .. name)
  if not file then return nil end
  local text <const> = file:read "a"
  file:close()
  return text
end

local function main()
  local here <const> = arg[0]:match "^.*/" or "./"
  local tasks <const>, patients <const> =
    results.load(folder .. "compare.json", here .. "goals.tsv")
  local parts = { "# Benchmark\n", text_of "startup.md" or "" }
  local drawn <const> = { times = draw_times(tasks), ratios = draw_ratios(tasks, patients),
    memory = draw_memory(tasks, patients) }
  for _, name in ipairs { "times", "ratios", "memory" } do
    local path <const>, figure <const> = name .. ".svg", drawn[name]
    if figure then
      figure:save(folder .. path)
      parts[#parts + 1] = ("![%s](%s)\n"):format(figure.title, path)
    end
  end
  parts[#parts + 1] = text_of "compare.md" or ""
  core.write_file(folder .. "bench.md", table.concat(parts, "\n"))
end

main()
