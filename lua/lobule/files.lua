--- Data files in and out: the file's ending says which format it is.
local check = require "lobule.check"
local core = require "lobule.core"

local M = {}

-- Options of every way to read, and the formats that know each.
local TABLES <const> = "csv xlsx sqlite"
local OPTIONS <const> = {
  { "id", "string", nil, "csv xlsx stat sqlite" },
  { "columns", "texts", nil, "csv xlsx stat sqlite" },
  { "rows", "string", nil, "csv xlsx stat sqlite" }, -- what a row is, for a cohort's flow
  { "time_zero", "string", nil, "csv xlsx stat sqlite" }, -- of a cohort: when follow-up starts
  { "dated", "table", nil, "csv xlsx stat sqlite" },     -- of a cohort: column -> its date or time
  { "na", "texts", nil, TABLES },
  { "types", "table", nil, TABLES },
  { "separator", "string", nil, "csv" },
  { "decimal", "string", nil, "csv" },
  { "date_format", "string", nil, "csv" },
  { "censored", "string", nil, "csv" },
  { "encoding", "string", nil, "csv stat" },
  { "sheet", "any", nil, "xlsx" },
  { "range", "string", nil, "xlsx" },
  { "labels", { "factor", "codes" }, nil, "stat" },
  { "table", "string", nil, "stat sqlite" },
  { "query", "string", nil, "sqlite" },
  { "params", "table", nil, "sqlite" },
}
M.OPTIONS = OPTIONS

-- Which reader an ending means; for statistics packages the format's name.
local ENDINGS <const> = {
  csv = "csv", tsv = "csv", txt = "csv", tab = "csv", dat = "csv",
  xlsx = "xlsx", xlsm = "xlsx",
  xpt = "stat", sas7bdat = "stat", sav = "stat", zsav = "stat", por = "stat", dta = "stat",
  sqlite = "sqlite", sqlite3 = "sqlite", db = "sqlite",
}
local WRITTEN <const> = { "csv", "xlsx", "xpt", "sav", "dta", "sqlite", "sqlite3", "db" }
local READERS <const> = { csv = "csv", xlsx = "xlsx", stat = "SAS, SPSS and Stata",
  sqlite = "SQLite" }

local function ending(path)
  return (path:match("%.([%w]+)$") or ""):lower()
end

local function base_name(path)
  return path:match("[^/]*$")
end

local function refuse_old(path, kind)
  if kind == "xls" or kind == "xlsb" or kind == "ods" or kind == "numbers" then
    core.raise("argument", ("%s: .%s files are not read"):format(base_name(path), kind),
      "Open the file in its own program and save it as .xlsx.")
  end
end

-- An option of another format would be passed over in silence.
local function check_known(reader, opts)
  for _, option in ipairs(OPTIONS) do
    if opts[option[1]] ~= nil and not option[4]:find(reader, 1, true) then
      local readers = {}
      for word in option[4]:gmatch("%w+") do readers[#readers + 1] = READERS[word] end
      core.raise("argument", ("option '%s' is for %s files"):format(option[1],
        table.concat(readers, ", ")), reader == "stat"
        and "These files say themselves what type a column has and what is missing." or nil)
    end
  end
  if opts.table and opts.query then
    core.raise("argument", "table and query: only one of them says what is read")
  end
  if opts.params and not opts.query then
    core.raise("argument", "params are the values of a query's parameters: there is no query")
  end
end

--- Which reader a file's ending means, and the ending; raises for options of other formats.
---@param path string
---@param opts table
---@return "csv"|"xlsx"|"stat"|"sqlite"
---@return string
function M.reader(path, opts)
  local kind = ending(path)
  refuse_old(path, kind)
  local reader = ENDINGS[kind] or "csv"
  check_known(reader, opts)
  return reader, kind
end

--- Frame, problems, their number, and the SHA-256 of the file's bytes; nothing is noted.
---@param reader string
---@param path string
---@param opts table
function M.parse(reader, path, opts)
  local name, kind = base_name(path), ending(path)
  if reader == "csv" then
    local frame, problems, n_problems, facts = core.read_csv(path, opts)
    return frame, problems, n_problems, facts.sha256
  end
  local bytes = core.read_file(path)
  local frame, problems, n_problems
  if reader == "xlsx" then
    frame, problems, n_problems = core.parse_xlsx(bytes, name, opts)
  elseif reader == "stat" then
    frame, problems, n_problems = core.parse_stat(bytes, kind == "zsav" and "sav" or kind, name,
      opts)
  else
    frame, problems, n_problems = core.read_sqlite(path, opts)
  end
  return frame, problems, n_problems, core.sha256(bytes)
end

--- Reads a data file and notes it for the provenance of reports.
---@param path string               csv, tsv, xlsx, xpt, sas7bdat, sav, zsav, por, dta, sqlite, db;
---                                 any other ending is read as csv
---@param opts table                checked against files.OPTIONS
---@param reader? string            "csv", "xlsx", "stat" or "sqlite", whatever the ending
---@return lobule.Frame frame
---@return table[] problems
---@return integer n_problems
function M.read(path, opts, reader)
  check.type(path, "string", "path")
  if reader then check_known(reader, opts) else reader = M.reader(path, opts) end
  local frame, problems, n_problems, sha256 = M.parse(reader, path, opts)
  require("lobule.session").add_input { name = base_name(path), sha256 = sha256,
    rows = #frame, columns = #frame:names() }
  return frame, problems, n_problems
end

--- Warns of problems where nothing keeps the list: the first few and their number.
---@param path string
---@param problems table[]
---@param n_problems integer
function M.tell(path, problems, n_problems)
  if n_problems == 0 then return end
  local lines = {}
  for i = 1, math.min(3, #problems) do lines[i] = "\n  " .. problems[i].message end
  local text = "%s: %d problem%s found while reading; lb.cohort keeps the list%s"
  require("lobule.frame").tell { text:format(base_name(path), n_problems,
    n_problems == 1 and "" or "s", table.concat(lines)) }
end

--- A table or query of an SQLite file as a frame.
---@param path string
---@param options? table            table: its name; or query: one SELECT, with params: a list for
---                                 each "?", or named fields for each ":name"; na, types,
---                                 columns, id
---@return lobule.Frame
---@raise no such file, table (did you mean) or column; SQL that does not parse or would write
function M.sqlite(path, options)
  local opts <const> = check.options(options, OPTIONS)
  local frame, problems, n_problems = M.read(path, opts, "sqlite")
  M.tell(path, problems, n_problems)
  return frame
end

local SAVE <const> = { { "sheet", "string" }, { "table", "string" },
  { "replace", "boolean", false } }

--- Writes a frame in the format of the file's ending, whole or not at all.
---@param frame lobule.Frame
---@param path string               .csv, .xlsx, .xpt, .sav, .dta, .sqlite or .db
---@param options? table            sheet: name in an xlsx file; table: name in an SQLite file
---                                 (default "data"); replace: true writes over a table that exists
---@raise what the format cannot hold: names, labels and texts that are too long, with the mend
function M.save(frame, path, options)
  local opts <const> = check.options(options, SAVE)
  local kind = ending(check.type(path, "string", "path"))
  local reader = ENDINGS[kind]
  if kind == "csv" then
    core.write_file(path, core.format_csv(frame))
  elseif reader == "xlsx" and kind == "xlsx" then
    core.write_file(path, core.format_xlsx(frame, opts.sheet))
  elseif kind == "xpt" or kind == "sav" or kind == "dta" then
    core.write_file(path, core.format_stat(frame, kind))
  elseif reader == "sqlite" then
    core.write_sqlite(path, frame, opts.table or "data", opts.replace)
  else
    core.raise("argument", ("%s: files that end in '.%s' are not written"):format(base_name(path),
      kind), "Endings are: " .. table.concat(WRITTEN, ", ") .. ".")
  end
end

return M
