--- How peek reads: any format, an encoding and decimal commas tried, rows that are too short passed
--- over and told.
local core = require "lobule.core"
local files = require "lobule.files"

local M = {}

local SHORT_ROWS <const> = 5 -- of a CSV file that are passed over; more are no accident
local RAGGED <const> = "row (%d+) %(line (%d+)%) (has %d+ fields?, the header has %d+)"
local FORMATS <const> = { xlsx = "spreadsheet (xlsx)", sqlite = "SQLite", xpt = "SAS transport",
  sas7bdat = "SAS", sav = "SPSS", zsav = "SPSS", por = "SPSS portable", dta = "Stata" }

--- Takes the physical line out of the text.
local function without_line(text, line)
  local at = 1
  for _ = 2, line do
    local feed = text:find("\n", at, true)
    if not feed then return nil end
    at = feed + 1
  end
  local feed = text:find("\n", at, true)
  return text:sub(1, at - 1) .. (feed and text:sub(feed + 1) or "")
end

--- A file with rows of another length, without them: what is wrong is told, and the rest is shown.
local function read_ragged(path, opts, message)
  local text, notes = core.read_file(path), {}
  while true do
    local row, line, what = message:match(RAGGED)
    if not row or #notes == SHORT_ROWS then return nil end
    notes[#notes + 1] = ("row %d (line %d) %s: lb.cohort will refuse the file until it is mended")
      :format(row + #notes, line + #notes, what)
    text = without_line(text, math.tointeger(line))
    if not text then return nil end
    local ok, frame, problems, n, facts = pcall(core.parse_csv, text, path:match("[^/]*$"), opts)
    if ok then return frame, problems, n, facts, notes, core.sha256(core.read_file(path)) end
    message = tostring(frame)
  end
end

--- Reads with the options; a file that is not UTF-8 is read as Windows-1252, else as Latin-1.
local function read_encoded(path, opts)
  local ok, frame, problems, n, facts = pcall(core.read_csv, path, opts)
  if ok then return frame, problems, n, facts, {} end
  local message = tostring(frame)
  if opts.encoding == nil and message:find("is not UTF-8", 1, true) then
    for _, encoding in ipairs { "windows-1252", "latin1" } do
      opts.encoding = encoding
      ok, frame, problems, n, facts = pcall(core.read_csv, path, opts)
      if ok then return frame, problems, n, facts, {} end
    end
    opts.encoding = nil
  end
  if opts.encoding == nil then
    local sha256, notes
    frame, problems, n, facts, notes, sha256 = read_ragged(path, opts, message)
    if frame then
      facts = facts or {}
      facts.sha256 = sha256
      return frame, problems, n, facts, notes
    end
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
local function read_csv(path, opts)
  local frame, problems, n, facts, notes = read_encoded(path, opts)
  local commas = count_commas(problems)
  local found <const> = { frame = frame, problems = problems, n_problems = n, facts = facts,
    notes = notes, reader = "csv" }
  if opts.decimal ~= nil or commas == 0 then return found end
  opts.decimal = ","
  local other, other_problems, other_n, other_facts, other_notes = read_encoded(path, opts)
  if other_n < n then
    return { frame = other, problems = other_problems, n_problems = other_n, facts = other_facts,
      notes = other_notes, commas = commas, reader = "csv" }
  end
  opts.decimal = nil
  return found
end

--- Reads a file of any format.
---@param path string
---@param opts table                checked; what was guessed is filled in
---@return table                    # frame, problems, n_problems, facts, notes, commas, reader
function M.read(path, opts)
  local reader, kind = files.reader(path, opts)
  if reader == "csv" then return read_csv(path, opts) end
  local frame, problems, n, sha256 = files.parse(reader, path, opts)
  return { frame = frame, problems = problems, n_problems = n, notes = {}, reader = reader,
    facts = { format = FORMATS[kind] or FORMATS[reader] or kind, sha256 = sha256 } }
end

return M
