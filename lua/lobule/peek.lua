--- What is in a data file before anyone reads it: format, guesses, columns, odd things, and the
--- call to paste. Never rows, never ids.
local check = require "lobule.check"
local core = require "lobule.core"
local files = require "lobule.files"
local numbers = require "lobule.peek_numbers"
local odd = require "lobule.peek_odd"
local source = require "lobule.peek_source"

local M = {}

---@class lobule.Peek
---@field rows integer
---@field columns integer
---@field facts table               encoding, separator, line_end, gzip, byte_order_mark, sha256
---@field odd string[]              at most five
---@field call string               the lb.cohort(...) call to paste
local Peek = { __name = "lobule.Peek" }
Peek.__index = Peek

local ODD_SHOWN <const> = 5

local SEPARATOR_NAMES <const> = { [","] = "comma", [";"] = "semicolon", ["\t"] = "tab",
  ["|"] = "bar" }
local LINE_END_NAMES <const> = { ["\n"] = "LF", ["\r\n"] = "CRLF", ["\r"] = "CR" }

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

-- Options in the order in which they stand in the call.
local TEXT_OPTIONS <const> = { "encoding", "separator", "decimal", "date_format", "censored",
  "range", "labels", "table", "query" }

local function call_text(path, frame, id, opts, reader)
  local options = {}
  if id then options[1] = ("id = %q"):format(id) end
  if opts.sheet ~= nil then options[#options + 1] = ("sheet = %q"):format(opts.sheet) end
  for _, name in ipairs(TEXT_OPTIONS) do
    if opts[name] then options[#options + 1] = ("%s = %q"):format(name, opts[name]) end
  end
  if opts.na then options[#options + 1] = "na = " .. quoted_list(opts.na) end
  if opts.columns then options[#options + 1] = "columns = " .. quoted_list(opts.columns) end
  local types = reader ~= "stat" and type_entries(frame, id, opts) or {}
  if #types > 0 then options[#options + 1] = "types = {\n" .. wrapped(types, "    ") end
  if #options == 0 then return ("lb.cohort(%q)"):format(path) end
  return ("lb.cohort(%q, { %s })"):format(path, table.concat(options, ", "))
end

--- The options that the file asks for and nobody gave: they stand in the call.
local function with_hints(opts, hints)
  local all = {}
  for name, value in next, opts do all[name] = value end
  for name, value in next, hints do
    if all[name] == nil then all[name] = value end
  end
  return all
end

--- Looks into a data file of any format that lb.cohort reads: format, rows, columns with type,
--- missing values, range or levels, up to five odd things, and the lb.cohort call to paste. Rows
--- and ids are never shown. Where nothing is given, the encoding of a CSV file that is not UTF-8
--- and its decimal commas are guessed, and the guesses stand in the call, as do texts that stand
--- for missing among numbers; types are found on all cells. Rows that are too short are reported.
---@param path string
---@param options? table            as lb.cohort's
---@return lobule.Peek
---@raise a missing or malformed file, an unknown option
function M.peek(path, options)
  check.type(path, "string", "path")
  local opts <const> = check.options(options, files.OPTIONS)
  local found <const> = source.read(path, opts)
  local frame <const> = found.frame
  local id = opts.id or find_id(frame)
  local list, hints = {}, {}
  table.move(found.notes, 1, #found.notes, 1, list)
  if found.reader ~= "stat" then
    local seen
    seen, hints = numbers.hints(frame, id, found.problems, opts)
    table.move(seen, 1, #seen, #list + 1, list)
  end
  local others = odd.things(frame, id, found.problems, found.commas, hints.columns)
  hints.columns = nil
  table.move(others, 1, #others, #list + 1, list)
  for i = #list, ODD_SHOWN + 1, -1 do list[i] = nil end
  return setmetatable({ path = path, frame = frame, id = id, facts = found.facts, odd = list,
    rows = #frame, columns = #frame:names(), n_problems = found.n_problems,
    call = call_text(path, frame, id, with_hints(opts, hints), found.reader) }, Peek)
end

--- "CSV, UTF-8, separator comma, line ends LF", or the name of another format.
local function format_text(facts)
  if facts.format then return facts.format end
  if not facts.separator then return "CSV" end -- rows were passed over
  return ("%sCSV, %s%s, separator %s, line ends %s"):format(facts.gzip and "gzip, " or "",
    facts.encoding, facts.byte_order_mark and " with a byte order mark" or "",
    SEPARATOR_NAMES[facts.separator] or ("'" .. facts.separator .. "'"),
    LINE_END_NAMES[facts.line_end])
end

function Peek:__tostring()
  local parts = { ("%s: %s; %d rows, %d columns"):format(self.path:match("[^/]*$"),
    format_text(self.facts), self.rows, self.columns) }
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
