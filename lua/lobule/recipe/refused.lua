--- What lobule itself would do to files, clocks and the process, refused within a recipe's process:
--- the kernel refuses it too, but does not say why.
local core = require "lobule.core"

local M = {}

local READS <const> = "a recipe reads no files: what it needs is an input that it declares"
local WRITES <const> = "a recipe writes no files: its report is saved where --output says"

local MEND <const> = {
  ["lb.cohort"] = "The data are in `inputs`: inputs.data.",
  ["lb.report"] = "The report is run's fourth argument: report:add(km).",
}
local FUNCTIONS <const> = { read = READS, sqlite = READS, peek = READS,
  report = "a recipe adds to the report that it is given" }
local OF_CORE <const> = { read_file = READS, read_csv = READS, read_sqlite = READS,
  write_file = WRITES, write_sqlite = WRITES, make_folder = WRITES, render_png = WRITES,
  render_pdf = WRITES, threads = "a recipe does not choose the number of threads",
  import_arrow = "a recipe takes no memory of others", fail_after = "a recipe makes no failures" }

--- Refuses a function of lb.
---@param name string               "lb.read"
function M.raise(name)
  core.raise("argument", ("%s: %s"):format(name, FUNCTIONS[name:match "[^.]+$"] or READS),
    MEND[name])
end

--- lb's functions that are not for recipes, each of which says so.
---@return table<string, function>
function M.functions()
  local list = {}
  for name in next, FUNCTIONS do
    list[name] = function() M.raise("lb." .. name) end
  end
  return list
end

--- Refuses, for good, what would reach files, clocks or other processes from this Lua state.
function M.enter()
  for name, why in next, OF_CORE do
    core[name] = function() core.raise("argument", why .. ".") end
  end
  local host = require "lobule.host"
  host.clock = function() return 0 end
  for _, name in ipairs { "child", "append_private", "change_folder", "folder" } do
    host[name] = function() core.raise("argument", "not within a recipe") end
  end
end

return M
