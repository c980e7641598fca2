--- The benchmark's scripts at a tiny size: their lines, their checks and what is made of them.
--- Times are never judged here.
local core = require "lobule.core"

local PROGRAM <const> = os.getenv "LOBULE_PROGRAM" or "build/lobule"
local FOLDER <const> = (os.getenv "BUILD" or "build") .. "/test-bench"
local N <const> = 200
local KEYS <const> = { "peer", "task", "n", "threads", "reps", "wall_min", "wall_med", "cpu_min",
  "rss_kb", "check" }
local MEMORY_KEYS <const> = { "extra_bytes", "input_bytes" } -- of tasks whose memory is measured
local TABULAR <const> = { "csv_load", "csv_load_labs", "filter", "filter_lazy", "mutate",
  "groupby", "sort", "sort_key_only", "rolling_join" }
local SURVIVAL <const> = { "km3", "logrank", "cuminc", "rmst", "cox_efron", "cox_strata",
  "cox_counting", "finegray" }

local function shell(command)
  assert(os.execute(command), "failed: " .. command)
end

local function output(command)
  local pipe <const> = assert(io.popen(command))
  local text <const> = pipe:read "a"
  return text, pipe:close()
end

local function write(path, text)
  local file <const> = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

local function data_rows(name)
  local rows, head = {}, nil
  for line in io.lines(FOLDER .. "/data/" .. name) do
    local cells = {}
    for cell in line:gmatch "[^,]+" do cells[#cells + 1] = cell end
    if head then
      local row = {}
      for i, key in ipairs(head) do row[key] = tonumber(cells[i]) end
      rows[#rows + 1] = row
    else
      head = cells
    end
  end
  return rows
end

-- The lines of a script, by task and number of threads; a budget of 0 times each call once.
local function run(script, only)
  local text <const> = output(("LOBULE_BENCH_DATA=%s/data LOBULE_BENCH_SIZES=%d "
    .. "LOBULE_BENCH_BUDGET=0 LOBULE_BENCH_ONLY='%s' '%s' tests/bench/%s.lua"):format(FOLDER, N,
    only or "", PROGRAM, script))
  local lines, order = {}, {}
  for line in text:gmatch "[^\n]+" do
    local row <const> = core.json_decode(line)
    lines[row.task] = lines[row.task] or {}
    lines[row.task][row.threads] = row
    if row.threads == 1 then order[#order + 1] = row.task end
    local at = 0
    for _, key in ipairs(KEYS) do -- in the contract's order, and no other
      at = assert(line:find(('"%s":'):format(key), at + 1, true), key .. " in " .. line)
    end
    local n = #KEYS
    for _, key in ipairs(row.extra_bytes and MEMORY_KEYS or {}) do
      n, at = n + 1, assert(line:find(('"%s":'):format(key), at + 1, true), key .. " in " .. line)
    end
    assert.equal(n, select(2, line:gsub('"[%l_]+":', "")), line)
  end
  return lines, order
end

local function check_line(row, n, threads)
  assert.equal("lobule", row.peer)
  assert.equal(n, row.n)
  assert.equal(threads, row.threads)
  assert.is_true(row.reps >= 3)
  assert.is_true(row.wall_min > 0 and row.wall_med >= row.wall_min and row.cpu_min >= 0)
  assert.is_true(math.type(row.rss_kb) == "integer" and row.rss_kb > 1000)
  assert.is_true(#row.check >= 1)
  for _, value in ipairs(row.check) do assert.equal("number", type(value), row.task) end
end

describe("benchmark", function()
  setup(function()
    shell("mkdir -p " .. FOLDER .. "/data " .. FOLDER .. "/out")
    shell(("cc -O1 -o %s/generate tests/bench/generate.c -lm"):format(FOLDER))
    shell(("cc -O1 -o %s/timeit tests/bench/timeit.c"):format(FOLDER))
    for _, kind in ipairs { "cohort", "labs", "surv" } do
      shell(("%s/generate %s %d >%s/data/%s_%d.csv"):format(FOLDER, kind, N, FOLDER, kind, N))
    end
  end)

  it("prints the contract's lines for every task, with one thread and with two", function()
    for script, tasks in pairs { tabular = TABULAR, survival = SURVIVAL } do
      local lines <const>, order <const> = run(script)
      for _, task in ipairs(tasks) do
        assert.truthy(lines[task], task)
        for threads = 1, 2 do
          check_line(lines[task][threads], task == "csv_load_labs" and 3 * N or N, threads)
        end
        -- The bits do not depend on the number of threads.
        assert.same(lines[task][1].check, lines[task][2].check)
      end
      assert.is_true(#order >= #tasks)
    end
  end)

  it("counts what is in the files", function()
    local tabular <const> = run("tabular", "^(csv_load|groupby|rolling_join)$")
    assert.is_nil(tabular.filter)
    assert.equal(N, tabular.csv_load[1].check[1])
    assert.equal(N, tabular.groupby[1].check[2])
    assert.equal(N, tabular.rolling_join[1].check[1])
    local sum = 0
    for _, row in ipairs(data_rows("labs_" .. N .. ".csv")) do sum = sum + row.cga end
    local labs <const> = run("tabular", "^(csv_load_labs)$").csv_load_labs[1].check[1]
    assert.near(sum, labs, 1e-9 * sum)
    local events = 0
    for _, row in ipairs(data_rows("surv_" .. N .. ".csv")) do events = events + row.status end
    assert.equal(events, run("survival", "^(km3)$").km3[1].check[4])
  end)

  it("measures the memory of a call beside that of the columns it reads", function()
    local lines <const> = run "survival"
    local columns <const> = { km3 = 3, logrank = 3, cuminc = 3, rmst = 3, cox_efron = 12,
      cox_strata = 13, cox_counting = 13, finegray = 12 }
    for task, n in pairs(columns) do
      assert.equal(8 * n * N, lines[task][1].input_bytes, task) -- whole and real numbers
    end
    -- 200 rows of ten columns are copied once in any case, and a cube of them never.
    for threads = 1, 2 do
      local extra <const> = lines.cox_efron[threads].extra_bytes
      assert.is_true(extra > 8 * 10 * N and extra < 1e6, tostring(extra))
    end
  end)

  it("permutes the log-rank test to the same p-value with one thread and with two", function()
    shell(("%s/generate surv 500 >%s/data/surv_500.csv"):format(FOLDER, FOLDER))
    local lines <const> = run("models", "^(perm_logrank_10000)$").perm_logrank_10000
    for threads = 1, 2 do check_line(lines[threads], 321, threads) end
    assert.same(lines[1].check, lines[2].check)
    -- R 4.2.2, survival 3.5-3: survdiff's p-value on the same rows is 0.2793
    assert.near(0.279, lines[1].check[1], 0.02)
  end)

  it("starts to the Kaplan-Meier medians of the lung table", function()
    local text <const> = output(("LOBULE_BENCH_DATA=tests/bench '%s' tests/bench/startup.lua")
      :format(PROGRAM))
    local lines = {}
    for line in text:gmatch "[^\n]+" do
      local n <const>, events <const>, median <const> = line:match "^%S+\t(%S+)\t(%S+)\t(%S+)$"
      lines[#lines + 1] = n and { tonumber(n), tonumber(events), tonumber(median) } or line
    end
    -- n, events, median by sex: R survival 3.5-3, survfit(Surv(time, status == 2) ~ sex, lung)
    assert.same({ "hello", { 138, 112, 270 }, { 90, 53, 426 } }, lines)
  end)

  it("times processes in turn and tells those that fail", function()
    local text <const> = output(FOLDER .. "/timeit 3 a first 0 true -- b second 7 false "
      .. "-- c third 1 sh -c 'exit 0'")
    local rows = {}
    for line in text:gmatch "[^\n]+" do rows[#rows + 1] = core.json_decode(line) end
    assert.equal(3, #rows)
    assert.same({ "a", "first", 0, 3 }, { rows[1].peer, rows[1].task, rows[1].n, rows[1].reps })
    assert.is_true(rows[1].wall_med >= rows[1].wall_min and rows[1].rss_kb > 0)
    assert.equal("exit status 1", rows[2].error)
    assert.equal(3, rows[3].reps)
    local _, ok <const> = output(FOLDER .. "/timeit 3 a b 2>/dev/null")
    assert.is_falsy(ok)
  end)
end)

describe("threads that wait", function()
  it("sleep, unless the environment says otherwise", function()
    local function policy(setting)
      local text <const> = output(("env -u OMP_WAIT_POLICY OMP_DISPLAY_ENV=true %s '%s' -e '' 2>&1")
        :format(setting, PROGRAM))
      return text:match "OMP_WAIT_POLICY = '(%u+)'"
    end
    assert.equal("PASSIVE", policy "")
    assert.equal("ACTIVE", policy "OMP_WAIT_POLICY=active")
  end)
end)

-- One line of a made-up run.
local function line_of(peer, n, threads, wall, rss, check)
  return core.json_encode { peer = peer, task = "filter", n = n, threads = threads, reps = 3,
    wall_min = wall, wall_med = wall, cpu_min = wall, rss_kb = rss, check = { check } } .. "\n"
end

describe("comparison", function()
  local out <const> = FOLDER .. "/out"

  local function made_up(our_check)
    local text = core.json_encode { limit = "filter", n = 1000, threads = 1, wall = 1e-5,
      check = { 12 } } .. "\n"
    text = text .. line_of("polars", 1000, 1, 4e-3, 700000, 12)
      .. line_of("data.table", 1000, 2, 1e-3, 600000, 12)
      .. line_of("data.table", 10000, 1, 8e-3, 650000, 120)
      .. line_of("polars", 10000, 1, 4e-2, 800000, 120)
      .. line_of("collapse", 1000, 1, 5e-3, 900000, 12)
      .. line_of("lobule", 1000, 1, 5e-4, 300000, our_check)
      .. line_of("lobule", 1000, 2, 4e-4, 310000, 12)
      .. line_of("lobule", 10000, 1, 1e-3, 300000, 120)
    shell("mkdir -p " .. out)
    write(out .. "/compare.json", text)
    return output(("awk -f tests/bench/json.awk -f tests/bench/compare.awk tests/bench/goals.tsv "
      .. "%s/compare.json"):format(out))
  end

  it("gives the best peer and the least memory, and fails on a check that differs", function()
    local text, ok = made_up(12)
    assert.is_true(ok)
    assert.truthy(text:find("| filter | 1000 | 0.0005 | 0.0004 | data.table (2) | 0.001 | 0.400"
      .. " | 2.5 | 40.0 | 5.5e-05 | no | 302.7 | 585.9 (data.table) | - | yes |", 1, true), text)
    assert.is_nil(text:find("Spoilt", 1, true))
    text, ok = made_up(13)
    assert.is_falsy(ok)
    assert.truthy(text:find("| NO |", 1, true))
  end)

  it("gives the largest memory of a call in parts of its input", function()
    made_up(12)
    local text <const> = output(("sed 's/\"threads\":2,\\(.*\\)}$/\"threads\":2,\\1,"
      .. "\"extra_bytes\":150,\"input_bytes\":100}/' %s/compare.json >%s/memory.json; "
      .. "awk -f tests/bench/json.awk -f tests/bench/compare.awk tests/bench/goals.tsv "
      .. "%s/memory.json"):format(out, out, out))
    assert.truthy(text:find("(data.table) | 1.50 | yes |", 1, true), text)
    assert.truthy(text:find("(data.table) | - | yes |", 1, true), text)
  end)

  it("says when the processor was not there", function()
    made_up(12)
    local file <const> = assert(io.open(out .. "/compare.json", "a"))
    file:write((line_of("lobule", 100000, 1, 4e-2, 300000, 7):gsub('("cpu_min":)[^,]+', "%10.01")))
    file:close()
    local text <const> = output(("awk -f tests/bench/json.awk -f tests/bench/compare.awk "
      .. "tests/bench/goals.tsv %s/compare.json"):format(out))
    assert.truthy(text:find("Spoilt:** 1 of 7 measurements on one thread (1 of ours)", 1, true))
  end)

  it("is drawn: times, ratios and memory with every program's name", function()
    made_up(12)
    shell(("'%s' tests/bench/draw.lua %s"):format(PROGRAM, out))
    local function text_of(name)
      local file <const> = assert(io.open(out .. "/" .. name))
      local text <const> = file:read "a"
      file:close()
      return text
    end
    local times <const> = text_of "times.svg"
    for _, word in ipairs { "Lobule", "data.table", "Polars", "limit", "goal", "10k", "1 ms" } do
      assert.truthy(times:find(">" .. word .. "</text>", 1, true), word)
    end
    assert.is_nil(times:find("collapse", 1, true)) -- timed at one size: no line
    assert.truthy(text_of("ratios.svg"):find(">2.50</text>", 1, true))
    assert.truthy(text_of("memory.svg"):find(">0.46</text>", 1, true)) -- 300000 / 650000 at 10000
    assert.truthy(text_of("bench.md"):find("![Time against number of rows](times.svg)", 1, true))
  end)
end)
