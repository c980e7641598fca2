-- The arrows of the layers, the sizes of files and functions, and foreign types kept in their
-- place. Run by `make lint`.
local ALLOWED <const> = {
  base = {}, frame = { "base" }, expr = { "frame", "base" }, stats = { "base" },
  model = { "expr", "frame", "base", "stats/surv.h", "stats/design.h", "stats/penalty.h" },
  io = { "frame", "base" },
  bind = { "model", "expr", "frame", "base", "io", "stats" },
  host = { "bind", "base" },
}
-- host loads json and errors through these few headers of lower layers.
local HOST_EXTRA <const> = { ["io/json.h"] = true }
local FOREIGN <const> = {
  { pattern = "[<\"]l[ua][ua]%w*%.h", name = "Lua", where = { bind = true, host = true } },
  { pattern = "cJSON", name = "cJSON", where = {}, file = "src/io/json.c" },
  { pattern = "<zip%.h>", name = "libzip", where = { io = true } },
  { pattern = "<expat%.h>", name = "expat", where = {}, file = "src/io/package.c" },
  { pattern = "<readstat%.h>", name = "ReadStat", where = {}, file = "src/io/readstat_api.h" },
  { pattern = "<sqlite3%.h>", name = "SQLite", where = {}, file = "src/io/sqlite_api.h" },
  { pattern = "gsl/", name = "GSL", where = { stats = true, model = true, bind = true,
    host = true } },
}
local MAX_FUNCTION <const>, MAX_C <const>, MAX_LUA <const>, MAX_COLUMNS <const> = 60, 600, 400, 100

local bad = 0
local function complain(...)
  bad = bad + 1
  print(string.format(...))
end

local function lines_of(command)
  local list = {}
  for line in io.popen(command):lines() do list[#list + 1] = line end
  return list
end

local function may_include(layer, target)
  if target:match("^" .. layer .. "/") then return true end
  for _, allowed in ipairs(ALLOWED[layer]) do
    if target == allowed or target:match("^" .. allowed .. "/") then return true end
  end
  return layer == "host" and HOST_EXTRA[target] or false
end

local function check_include(path, number, layer, line)
  local target = line:match('^%s*#%s*include%s+"([^"]+)"')
  if target and not target:find("/", 1,
    true) then complain("%s:%d: include \"%s\" without its folder", path, number, target) end
  if target and target:find("/", 1, true) and not may_include(layer, target) then
    complain("%s:%d: %s may not include %s", path, number, layer, target)
  end
  if not line:match("^%s*#%s*include") then return end
  for _, foreign in ipairs(FOREIGN) do
    if line:find(foreign.pattern) and not foreign.where[layer] and path ~= foreign.file
      and not (foreign.name == "GSL" and path == "src/base/random.c") then
      complain("%s:%d: %s does not belong in %s", path, number, foreign.name, layer)
    end
  end
end

local function check_c(path)
  local layer, n, start, name = path:match("^src/(%w+)/"), 0, nil, nil
  for line in io.lines(path) do
    n = n + 1
    check_include(path, n, layer, line)
    if #line > 100 and utf8.len(line)
      and utf8.len(line) > 100 then complain("%s:%d: over 100 columns", path, n) end
    if layer ~= "host" and line:find("[^%w_]exit%(") or (layer ~= "host"
      and line:find("[^%w_.]printf%(")) then
      if not line:find("__attribute__") then complain("%s:%d: only the host prints and exits", path,
        n) end
    end
    if line:match("^[%a].*%)%s*$") or line:match("^[%a].*%(") then name = line end
    if line == "{" then start = n end
    if line == "}" and start then
      if n - start > MAX_FUNCTION then complain("%s:%d: %d lines: %s", path, start, n - start, name
        or "?") end
      start = nil
    end
  end
  if n > MAX_C then complain("%s: %d lines, the limit is %d", path, n, MAX_C) end
  local first = io.lines(path)()
  if not first:match("^/%* [%w_]+%.[ch] %- ") then
    complain("%s: the first line must say what the file is for", path)
  end
end

local function check_lua(path)
  local n = 0
  for line in io.lines(path) do
    n = n + 1
    if (utf8.len(line) or #line) > MAX_COLUMNS then complain("%s:%d: over %d columns", path, n,
      MAX_COLUMNS) end
    local target = line:match('require%s*%(?%s*"([%w_.]+)"')
    if target and path:match("^lua/lobule/") and not target:match("^lobule%f[%W]") then
      complain("%s:%d: lua/lobule may not require %s", path, n, target)
    end
  end
  if n > MAX_LUA and not path:find("metrics")
    and not path:find("^lua/meta") then complain("%s: %d lines, the limit is %d", path, n,
    MAX_LUA) end
end

for _, path in ipairs(lines_of "find src -name '*.[ch]' | sort") do check_c(path) end
for _, path in ipairs(lines_of "find lua scripts -name '*.lua' | sort") do check_lua(path) end
for _, entry in ipairs(lines_of "git ls-files | cut -d/ -f1 | sort -u") do
  local known = { src = 1, lua = 1, scripts = 1, tests = 1, Makefile = 1, ["README.md"] = 1,
    LICENSE = 1 }
  if not known[entry] and entry:sub(1, 1) ~= "." then complain("%s: top-level names are fixed",
    entry) end
end
os.exit(bad == 0)
