--- What is in a data file before anyone reads it: format, guesses, columns, odd things, and the
--- call to paste. Never rows, never ids.
local check = require "lobule.check"
local core = require "lobule.core"
local odd = require "lobule.peek_odd"

local M = {}

---@class lobule.Peek
---@field rows integer
---@field columns integer
---@field facts table               encoding, separator, line_end, gzip, byte_order_mark, sha256
---@field odd string[]              at most five
---@field call string               the lb.cohort(...) call to paste
local Peek = { __name = "lobule.Peek" }
Peek.__index = Peek

local OPTIONS <const> = { { "id", "string" }, { "na", "texts" }, { "types", "table" },
  { "columns", "texts" }, { "separator", "string" }, { "encoding", "string" },
  { "decimal", "string" }, { "date_format", "string" }, { "censored", "string" } }
local ODD_SHOWN <const> = 5

local SEPARATOR_NAMES <const> = { [","] = "comma", [";"] = "semicolon", ["\t"] = "tab",
  ["|"] = "bar" }
local LINE_END_NAMES <const> = { ["\n"] = "LF", ["\r\n"] = "CRLF", ["\r"] = "CR" }

--- Reads with the options; a file that is not UTF-8 is read as Windows-1252, else as Latin-1.
local function read(path, opts)
  local ok, frame, problems, n, facts = pcall(core.read_csv, path, opts)
  if ok then return frame, problems, n, facts end
  local message = tostring(frame)
  if opts.encoding == nil and message:find("is not UTF-8", 1, true) then
    for _, encoding in ipairs { "windows-1252", "latin1" } do
      opts.encoding = encoding
      ok, frame, problems, n, facts = pcall(core.read_csv, path, opts)
      if ok then return frame, problems, n, facts end
    end
    opts.encoding = nil
  end
  return core.read_csv(path, opts) -- raises again, at the researcher's line
end

local function count_commas(problems)
  local n = 0
  for _, problem in ipairs(problems) do
    if problem.message:find("decimal commas", 1, true) then n = n + 1 end
  end
  return n
end

--- Decimal commas are taken for what they are when that makes numbers of more columns.
local function read_with_guesses(path, opts)
  local frame, problems, n, facts = read(path, opts)
  local commas = count_commas(problems)
  if opts.decimal ~= nil or commas == 0 then return frame, problems, n, facts end
  opts.decimal = ","
  local other, other_problems, other_n, other_facts = read(path, opts)
  if other_n < n then return other, other_problems, other_n, other_facts, commas end
  opts.decimal = nil
  return frame, problems, n, facts
end

local ID_NAMES <const> = { "^id$", "^pid$", "^mrn$", "^usubjid$", "^subjid$", "_id$", "^id_",
  "patient_?n[or]$", "patient_?number$", "^case_?n[or]$", "^record_?n[or]$", "^patient$" }

--- The column that names the person, by its name.
local function find_id(frame)
  for _, pattern in ipairs(ID_NAMES) do
    for _, name in ipairs(frame:names()) do
      local kind = frame:column(name):type()
      local plain = name:lower():gsub("[%s%.%-]", "_")
      if plain:find(pattern) and kind ~= "date" and kind ~= "real" and kind ~= "logical" then
        return name
      end
    end
  end
  return nil
end

local KEYWORDS <const> = { ["and"] = true, ["break"] = true, ["do"] = true, ["else"] = true,
  ["elseif"] = true, ["end"] = true, ["false"] = true, ["for"] = true, ["function"] = true,
  ["goto"] = true, ["if"] = true, ["in"] = true, ["local"] = true, ["nil"] = true, ["not"] = true,
  ["or"] = true, ["repeat"] = true, ["return"] = true, ["then"] = true, ["true"] = true,
  ["until"] = true, ["while"] = true }

local function key(name)
  if name:find("^[%a_][%w_]*$") and not KEYWORDS[name] then return name end
  return ("[%q]"):format(name)
end

local function is_zero_one(column)
  if column:type() ~= "integer" then return false end
  local s <const> = core.summary(column)
  return s.n > s.n_missing and s.min == 0 and s.max == 1
end

local TYPED <const> = { date = true, datetime = true, logical = true, factor = true }

--- Types that later files should keep to; 0/1 is offered as logical.
local function type_entries(frame, id, opts)
  local entries = {}
  local own = opts.types or {}
  for _, name in ipairs(frame:names()) do
    local column = frame:column(name)
    local kind = own[name] or (is_zero_one(column) and "logical") or column:type()
    local made = opts.censored and name:find("_censored$") and kind == "logical"
    if name ~= id and not made and (TYPED[kind] or own[name]) then
      entries[#entries + 1] = ("%s = %q"):format(key(name), kind)
    end
  end
  return entries
end

local function wrapped(entries, indent)
  local lines, line = {}, indent
  for i, entry in ipairs(entries) do
    local piece = entry .. (i < #entries and "," or " }")
    if #line + 1 + #piece > 98 and line ~= indent then
      lines[#lines + 1] = line
      line = indent
    end
    line = line == indent and line .. piece or line .. " " .. piece
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

local function quoted_list(list)
  local parts = {}
  for i, text in ipairs(list) do parts[i] = ("%q"):format(text) end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

local function call_text(path, frame, id, opts)
  local options = {}
  if id then options[1] = ("id = %q"):format(id) end
  for _, name in ipairs { "encoding", "separator", "decimal", "date_format", "censored" } do
    if opts[name] then options[#options + 1] = ("%s = %q"):format(name, opts[name]) end
  end
  if opts.na then options[#options + 1] = "na = " .. quoted_list(opts.na) end
  if opts.columns then options[#options + 1] = "columns = " .. quoted_list(opts.columns) end
  local types = type_entries(frame, id, opts)
  if #types > 0 then options[#options + 1] = "types = {\n" .. wrapped(types, "    ") end
  if #options == 0 then return ("lb.cohort(%q)"):format(path) end
  return ("lb.cohort(%q, { %s })"):format(path, table.concat(options, ", "))
end

--- Looks into a CSV file (also gzip): format, encoding, separator, rows, columns with type, missing
--- values, range or levels, up to five odd things, and the lb.cohort call to paste. Rows and ids
--- are never shown. Where nothing is given, an encoding that is not UTF-8 and decimal commas are
--- guessed, and the guesses stand in the call; types are found on all cells.
---@param path string
---@param options? table            as lb.cohort's: id, na, types, columns, separator, encoding,
---                                 decimal, date_format, censored
---@return lobule.Peek
---@raise a missing or malformed file, an unknown option
function M.peek(path, options)
  check.type(path, "string", "path")
  local opts <const> = check.options(options, OPTIONS)
  local frame, problems, n_problems, facts, commas = read_with_guesses(path, opts)
  local id = opts.id or find_id(frame)
  local found = odd.things(frame, id, problems, commas)
  for i = #found, ODD_SHOWN + 1, -1 do found[i] = nil end
  return setmetatable({ path = path, frame = frame, id = id, facts = facts, odd = found,
    rows = #frame, columns = #frame:names(), n_problems = n_problems,
    call = call_text(path, frame, id, opts) }, Peek)
end

function Peek:__tostring()
  local facts = self.facts
  local mark = facts.byte_order_mark and " with a byte order mark" or ""
  local parts = { ("%s: %sCSV, %s%s, separator %s, line ends %s; %d rows, %d columns"):format(
    self.path:match("[^/]*$"), facts.gzip and "gzip, " or "", facts.encoding, mark,
    SEPARATOR_NAMES[facts.separator] or ("'" .. facts.separator .. "'"),
    LINE_END_NAMES[facts.line_end], self.rows, self.columns) }
  parts[2] = tostring(require("lobule.schema").table { data = self.frame, id = self.id })
  parts[3] = #self.odd == 0 and "Nothing odd was found." or "Odd:"
  for _, text in ipairs(self.odd) do parts[#parts + 1] = "  - " .. text end
  if self.n_problems > 0 then
    parts[#parts + 1] = ("%d problem%s while reading; lb.cohort(...):problems() lists them"):format(
      self.n_problems, self.n_problems == 1 and "" or "s")
  end
  parts[#parts + 1] = "To read it:\n\n" .. self.call
  return table.concat(parts, "\n")
end

--- `lobule peek FILE [--option=value ...]`: prints what is in the file.
---@param path? string
---@param ... string                --decimal=, --encoding=latin1 --separator=; --id=name ...
---@raise as M.peek; no file named
function M.show(path, ...)
  if path == nil then
    core.raise("argument", "peek: no file named", "Write: lobule peek data.csv")
  end
  local options = {}
  for _, argument in ipairs { ... } do
    local name, value = argument:match("^%-%-([%w_%-]+)=(.*)$")
    if not name then
      core.raise("argument", ("peek: '%s' is no option"):format(argument),
        "Options are written --name=value, e.g. --decimal=, or --encoding=latin1")
    end
    name = name:gsub("%-", "_")
    options[name] = (name == "na" or name == "columns") and { value } or value
  end
  print(tostring(M.peek(path, options)))
end

return M
