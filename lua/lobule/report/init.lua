--- Reports: prose, tables and figures in order, saved as HTML, Markdown, JSON or for Word, with
--- provenance.
local check = require "lobule.check"
local core = require "lobule.core"
local document = require "lobule.report.document"
local item = require "lobule.report.item"
local journal = require "lobule.report.journal"
local template = require "lobule.report.template"

---@class lobule.Report
---@field options table             title, subtitle, author, date, lang, seed, journal
---@field blocks table[]
---@field records table[]           results at full precision
local Report = { __name = "lobule.Report" }

local OPTIONS <const> = { { "title", "string" }, { "subtitle", "string" }, { "author", "string" },
  { "date", "string" }, { "lang", "string", "en" }, { "seed", "any" },
  { "journal", journal.NAMES, "plain" } }
local READ <const> = { "title", "subtitle", "author", "date", "lang" }
local ADD <const> = { { "rows", "any" }, { "caption", "string" }, { "title", "string" },
  { "width_mm", "positive" },
  { "columns", "count" } }
local FORMATS <const> = { ".html", ".md", ".json", ".docx", ".pdf" }
local RENDERERS <const> = { [".html"] = "lobule.report.html", [".md"] = "lobule.report.markdown",
  [".json"] = "lobule.report.json", [".docx"] = "lobule.report.docx",
  [".pdf"] = "lobule.report.pdf" }

--- A report with more blocks and records; earlier ones are shared.
local function with(report, blocks, record)
  local all = table.move(report.blocks, 1, #report.blocks, 1, {})
  table.move(blocks, 1, #blocks, #all + 1, all)
  local records = report.records
  if record ~= nil then
    records = table.move(records, 1, #records, 1, {})
    records[#records + 1] = record
  end
  rawset(report, "extended", true)
  return setmetatable({ options = report.options, blocks = all, records = records, from = report },
    Report)
end

--- `r:add(x)` alone leaves r as it was, and a report without x looks whole: an empty report is
--- refused, and one whose additions went nowhere says so.
local function check_kept(self)
  local mend <const> = "add, text and heading give a new report: r = r:add(...), or one chain."
  if #self.blocks == 0 then core.raise("argument", "the report is empty", mend) end
  if rawget(self, "extended") and not rawget(self, "kept") then
    local paint = require("lobule.colour").of("errors").paint
    io.stderr:write(paint("warning",
      "warning: report:save: what was added to this report is not in it; " .. mend), "\n")
  end
  local report = self
  while report do
    rawset(report, "kept", true)
    report = rawget(report, "from")
  end
end

--- A heading: level 2 for sections, 3 and 4 below them. A level that would skip one is moved up.
---@param text string
---@param level? integer            2 (default), 3 or 4
---@return lobule.Report
---@raise another level
function Report:heading(text, level)
  text = check.one_line(text, "text")
  local whole = math.tointeger(level or 2)
  if not whole or whole < 2 or whole > 4 then
    core.raise("argument", ("level is %s: expected 2, 3 or 4"):format(tostring(level)))
  end
  return (with(self, { { kind = "heading", text = text, level = whole } }))
end

local function prose(report, kind, text, values)
  check.type(text, "string", "text")
  for name, value in next, values ~= nil and check.type(values, "table", "values") or {} do
    if type(value) == "string" then check.type(value, "string", "value of " .. tostring(name)) end
  end
  local filled = template.fill(text, values, journal.get(report.options.journal))
  filled = check.readable(filled, "text")
  local blocks = {}
  for i, paragraph in ipairs(template.paragraphs(filled)) do
    blocks[i] = { kind = kind, text = paragraph }
  end
  return (with(report, blocks))
end

--- Prose; a blank line begins a new paragraph. {name} is replaced by the value of that name as it
--- shows itself ("12.3 months (95 % CI 10.1 to 15.2)"); {{name}} stands for the text {name}.
---@param text string
---@param values? table<string, any>
---@return lobule.Report
---@raise a name without a value, a value that the text does not use
function Report:text(text, values)
  local report = prose(self, "text", text, values)
  return report
end

--- A remark set apart from the prose, with values as in text().
---@param text string
---@param values? table<string, any>
---@return lobule.Report
---@raise a name without a value, a value that the text does not use
function Report:note(text, values)
  local report = prose(self, "note", text, values)
  return report
end

--- Adds a result, table, figure, flow or frame. Tables and figures are numbered in order.
---@param object any                what answers report_blocks(options), or a figure
---@param options? table            caption; title: a heading above; width_mm of figures, or
---                                 columns: 1 or 2 of the journal's page; rows: true or a number,
---                                 for a frame of rows that were read from a file
---@return lobule.Report
---@raise something that is no result, table or figure
function Report:add(object, options)
  local opts <const> = check.options(options, ADD)
  if opts.rows ~= nil and opts.rows ~= true and (math.tointeger(opts.rows) or 0) < 1 then
    core.raise("argument", "rows: expected true or a number of rows")
  end
  if opts.columns and opts.columns > 2 then
    core.raise("argument", ("columns is %d: expected 1 or 2"):format(opts.columns))
  end
  opts.profile = journal.get(self.options.journal)
  local blocks = item.blocks(object, opts)
  return (with(self, blocks, item.record(object)))
end

local FOLDER <const> = "lobule.report.folder"

local function renderer(path)
  if check.type(path, "string", "path"):find("[^/]/$") then return require(FOLDER) end
  local extension = path:lower():match("[^/\\](%.%w+)$")
  local module = RENDERERS[extension or ""]
  if module then return require(module) end
  core.raise("argument", ("cannot save '%s': %s"):format(path:match("([^/\\]*)$"),
    extension and ("unknown extension '%s'"):format(extension) or "the name has no extension"),
    "Extensions are: " .. table.concat(FORMATS, ", ") .. "; a folder ends with /.")
end

local M = {}

---@type fun(report: lobule.Report, paths: string|string[])?  # instead of writing, when a report is
--- verified
M.on_save = nil

--- Raises for a path in whose format a report cannot be written.
---@param paths string[]
function M.check_paths(paths)
  for _, path in ipairs(paths) do renderer(path) end
end

--- All files of all formats, rendered before the first is written.
local function render(report, paths)
  local doc, files, renderers, taken = document.build(report), {}, {}, {}
  for i, path in ipairs(paths) do renderers[i] = renderer(path) end
  for i, path in ipairs(paths) do
    for _, file in ipairs(renderers[i].render(doc, path)) do
      if taken[file.path] then core.raise("argument", "the same file twice: " .. file.path) end
      taken[file.path] = true
      files[#files + 1] = file
    end
  end
  return files
end

--- All files or none; a folder that was made for them goes again when they cannot be written.
local function write(files, main)
  local names, texts, made = {}, {}, {}
  -- What a report refers to comes first: a crash leaves no report without its figures.
  for _, last in ipairs { false, true } do
    for _, file in ipairs(files) do
      if not file.folder and (main[file.path] or false) == last then
        names[#names + 1], texts[#texts + 1] = file.path, file.text
      end
    end
  end
  local ok, err = pcall(function()
    for _, file in ipairs(files) do
      if file.folder and core.make_folder(file.path) then table.insert(made, 1, file.path) end
    end
    core.write_files(names, texts)
  end)
  if ok then return end
  for _, path in ipairs(made) do os.remove(path) end
  error(err, 0)
end

--- Writes the report, in the format of each extension: .html (one file with everything inside), .md
--- (figures as SVG files beside it), .json, .docx (real tables, captions that Word counts, figures
--- as PNG with the SVG beside it); "paper/" is a folder with table1.docx, figure1.svg, .pdf and
--- .png, and so on, and legends.md; .pdf on A4 pages. Everything is rendered first, then written,
--- all files or none: a failure leaves the old ones. .docx, .pdf and folders are drawn with the
--- packages librsvg2-2 and libcairo2.
---@param paths string|string[]
---@return lobule.Report
---@raise an extension that is not known, a file that cannot be written, an empty report
function Report:save(paths)
  check_kept(self)
  if M.on_save then
    M.on_save(self, paths)
    return self
  end
  local wanted, main = check.texts(paths, "paths"), {}
  if #wanted == 0 then core.raise("argument", "paths: the list is empty") end
  for _, path in ipairs(wanted) do main[path] = true end
  local files = render(self, wanted)
  write(files, main)
  return self
end

function Report:__tostring()
  local count = { table = 0, figure = 0 }
  for _, block in ipairs(self.blocks) do count[block.kind] = (count[block.kind] or 0) + 1 end
  return ("report '%s': %d blocks, %d tables, %d figures"):format(self.options.title, #self.blocks,
    count.table, count.figure)
end

core.class("report", Report)

--- An empty report. Its methods each return a new report that shares what came before.
---@param options table             title; subtitle, author, date (a text: a report knows no
---                                 clock), lang ("en"), seed; journal: "plain" (default),
---                                 "lancet", "nejm", "jama", "nature": how p values, intervals,
---                                 percentages and figures are set
---@return lobule.Report
---@raise no title, an unknown option
function M.new(options)
  local opts <const> = check.options(options, OPTIONS)
  check.type(opts.title, "string", "title")
  for _, name in ipairs(READ) do
    if opts[name] then opts[name] = check.one_line(opts[name], name) end
  end
  if opts.seed ~= nil and not math.tointeger(opts.seed) then
    core.raise("argument", "seed: expected a whole number, found " .. check.describe(opts.seed))
  end
  return setmetatable({ options = opts, blocks = {}, records = {} }, Report)
end

return M
