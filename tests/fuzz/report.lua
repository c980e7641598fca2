--- The checks of fuzz_report.c: bytes become a value or a report, are written, and are read again.
--- Only errors of our own kind may be raised on the way: a plain text means a mistake in the code.
local core = require "lobule.core"
require "lobule"
local document = require "lobule.report.document"
local reports = require "lobule.report"
local tables = require "lobule.table"

local RENDERERS <const> = { html = require "lobule.report.html",
  json = require "lobule.report.json", markdown = require "lobule.report.markdown" }
local DEPTH <const> = 190 -- the writer refuses more than 200 levels, a report adds some

--- Runs f; true and its result, or false where it refused in our own way.
local function attempt(f, ...)
  local ok, value = pcall(f, ...)
  if ok then return true, value end
  if type(value) == "string" then error("not our error: " .. value, 0) end
  assert(value.code and value.message, "an error without code and message")
  return false, value
end

local function same(a, b)
  if a == b then return true end
  if type(a) ~= "table" or type(b) ~= "table" then return false end
  for key, value in next, a do if not same(value, b[key]) then return false end end
  for key in next, b do if a[key] == nil then return false end end
  return true
end

local function depth(value)
  local deepest = 0
  if type(value) ~= "table" then return 0 end
  for _, child in next, value do deepest = math.max(deepest, depth(child)) end
  return deepest + 1
end

--- A value that JSON gave is written and read again, on one line and on many.
local function check_value(value)
  for indent = 0, 2, 2 do
    local ok, text = attempt(core.json_encode, value, indent)
    assert(ok or depth(value) > DEPTH, "what JSON gave cannot be written")
    if not ok then return end
    assert(utf8.len(text), "JSON that is not UTF-8")
    local read, again = attempt(core.json_decode, text)
    assert(read, "JSON of our own that cannot be read")
    assert(same(value, again), "JSON that reads back as something else")
  end
end

-- A report from lines ----------------------------------------------------------------------------

--- What :add takes: blocks to show, a record to keep.
local function item(shown, record)
  return { report_blocks = function()
    return { { kind = "table", table = shown, caption = shown.caption } }
  end, record = function() return record end }
end

local function cells(text)
  local list = {}
  for cell in (text .. "|"):gmatch "(.-)|" do list[#list + 1] = cell end
  return list
end

--- Lines of a table: the header, then rows; "caption ^ a|b ^ 1|2 ^ ... ^ =record".
local function read_table(text)
  local parts, record = {}, nil
  for part in (text .. "^"):gmatch "(.-)%^" do parts[#parts + 1] = part end
  if parts[#parts]:find "^=" then
    local ok, value = attempt(core.json_decode, table.remove(parts):sub(2))
    if ok and depth(value) <= DEPTH then record = value end
  end
  local columns, rows = {}, {}
  for c, label in ipairs(cells(parts[2] or "")) do
    columns[c] = { label = label, align = c > 1 and "right" or nil }
  end
  for i = 3, #parts do rows[#rows + 1] = cells(parts[i]) end
  -- Classes of ours record tables; what else an object gives is refused.
  return item(tables.new { caption = parts[1], columns = columns, rows = rows }, record)
end

local STEPS <const> = {
  ["#"] = function(report, text) return report:heading(text, 2 + #text % 3) end,
  ["!"] = function(report, text) return report:note(text) end,
  ["$"] = function(report, text) return report:text("{a}", { a = text }) end,
  ["^"] = function(report, text) return report:add(read_table(text)) end,
}

local function build(lines)
  local report = reports.new { title = lines[1], author = lines[2], date = lines[3] }
  for i = 4, #lines do
    local step = STEPS[lines[i]:sub(1, 1)]
    if step then
      report = step(report, lines[i]:sub(2))
    else
      report = report:text(lines[i])
    end
  end
  return report
end

-- What must hold of it ---------------------------------------------------------------------------

local CHECKS <const> = {}

function CHECKS.json(text, doc)
  local data = core.json_decode(text)
  assert(data.title == doc.title and data.author == doc.author and data.date == doc.date, "head")
  assert(same(data.results, doc.results), "results differ")
  for i, block in ipairs(data.blocks) do
    local given = doc.blocks[i]
    assert(block.kind == given.kind and block.text == given.text, "a block differs")
    if block.kind == "table" then
      assert(block.table.caption == given.caption, "a caption differs")
      for r, row in ipairs(block.table.rows) do
        for c, cell in ipairs(row.cells) do assert(cell == given.table.rows[r][c], "a cell") end
      end
    end
  end
end

function CHECKS.html(text, doc)
  local json, n = nil, 0
  for script in text:gmatch "<[sS][cC][rR][iI][pP][tT][^>]*>(.-)</[sS][cC][rR][iI][pP][tT]" do
    json, n = script, n + 1
  end
  assert(n == 1, "a page has one script element, of data")
  local data = core.json_decode(json)
  assert(data.title == doc.title and same(data.results, doc.results), "results differ")
end

function CHECKS.markdown() end

local function check_report(bytes)
  local lines = {}
  for line in (bytes .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line end
  local ok, report = attempt(build, lines)
  if not ok then return end
  local doc = document.build(report)
  for name, renderer in next, RENDERERS do
    local rendered, files = attempt(renderer.render, doc, "report." .. name)
    assert(rendered or not utf8.len(bytes) or bytes:find "\0", "a report of texts is refused")
    for _, file in ipairs(rendered and files or {}) do
      assert(utf8.len(file.text), name .. " that is not UTF-8")
      CHECKS[name](file.text, doc)
    end
  end
end

return function(bytes)
  local ok, value = attempt(core.json_decode, bytes)
  if ok then check_value(value) else check_report(bytes) end
end
