--- Columns of numbers that one kind of text keeps from being numbers: what stands there, and which
--- option of lb.cohort reads it.
local core = require "lobule.core"

local M = {}

local NUMBERS_LEAST <const> = 0.5 -- share of the values, else the column is text
local DISTINCT_MOST <const> = 20000
local MISSING <const> = { ["n/a"] = true, ["na"] = true, ["."] = true, ["null"] = true,
  ["none"] = true, ["nan"] = true, ["-"] = true, ["--"] = true, ["?"] = true, ["unknown"] = true,
  ["unk"] = true, ["missing"] = true, ["not done"] = true, ["nd"] = true, ["n.a."] = true,
  ["#n/a"] = true, ["k.a."] = true, ["#value!"] = true, ["#null!"] = true }

local function is_number(text)
  return text:find("^%s*[-+]?%d[%d.,]*%s*$") ~= nil
    or text:find("^%s*[-+]?%d*%.?%d+[eE][-+]?%d+%s*$") ~= nil
end

--- "6O" is 60: letters that are taken for digits.
local function is_slip(text)
  return text:find("%d") ~= nil and is_number((text:gsub("[OoQ]", "0"):gsub("[lI|]", "1")))
end

--- Counts of a text column's values by kind; nil when they are not mostly numbers.
local function kinds_of(frame, name)
  local groups = core.summarise(frame, { "n_of_value = n()" }, { name })
  if #groups > DISTINCT_MOST then return nil end
  local value, count = groups:column(name), groups:column "n_of_value"
  local k = { number = 0, total = 0, below = 0, above = 0, slip = 0, other = 0, missing = 0,
    tokens = {} }
  for i = 1, #groups do
    local text, n = value[i], count[i]
    if text ~= nil then
      k.total = k.total + n
      local kind = is_number(text) and "number" or MISSING[text:lower():match "^%s*(.-)%s*$"]
        and "missing" or text:find "^%s*<=?%s*%d" and "below" or text:find "^%s*>=?%s*%d"
        and "above" or is_slip(text) and "slip" or "other"
      k[kind] = k[kind] + n
      if kind == "missing" then k.tokens[#k.tokens + 1] = text end
    end
  end
  if k.number < NUMBERS_LEAST * k.total or k.number == k.total then return nil end
  return k
end

local function quoted(list)
  local parts = {}
  for i, text in ipairs(list) do parts[i] = "'" .. text .. "'" end
  return table.concat(parts, ", ")
end

--- What keeps a column from being numbers, with the mend.
local function sentence(name, k)
  local parts = {}
  if k.missing > 0 then
    parts[1] = ("%d %s (na = ...)"):format(k.missing, quoted(k.tokens))
  end
  if k.below > 0 then
    parts[#parts + 1] = ("%d below a limit, '<...' (censored = \"below\")"):format(k.below)
  end
  if k.above > 0 then
    parts[#parts + 1] = ("%d above a limit, '>...' (:recode them to numbers)"):format(k.above)
  end
  if k.slip > 0 then
    parts[#parts + 1] = ("%d with a letter for a digit (O for 0, l for 1?)"):format(k.slip)
  end
  if k.other > 0 then parts[#parts + 1] = ("%d other text%s"):format(k.other, k.other == 1 and ""
    or "s") end
  return ("`%s` is text: of %d values %d are numbers; %s"):format(name, k.total, k.number,
    table.concat(parts, "; "))
end

--- Columns that one kind of text alone keeps from being numbers, in one sentence each kind.
local function alone(k, kind)
  return k[kind] > 0 and k[kind] + k.number == k.total
end

local function together(columns, kind, what, mend)
  local names, n, tokens, seen = {}, 0, {}, {}
  for _, one in ipairs(columns) do
    if alone(one.k, kind) then
      names[#names + 1], n = "`" .. one.name .. "`", n + one.k[kind]
      for _, token in ipairs(one.k.tokens) do
        if not seen[token] then tokens[#tokens + 1], seen[token] = token, true end
      end
    end
  end
  if #names == 0 then return nil end
  return ("%s %s numbers but for %d value%s %s: %s"):format(table.concat(names, ", "),
    #names == 1 and "is" or "are", n, n == 1 and "" or "s",
    what or quoted(tokens), mend)
end

--- The date format that the reader asks for, when it asks for one only.
local function date_format(problems)
  local wanted
  for _, problem in ipairs(problems) do
    local found = problem.message:match 'date_format = "([^"]+)"'
    if found and wanted and found ~= wanted then return nil end
    wanted = found or wanted
  end
  return wanted
end

--- What is odd about columns of almost only numbers, and the options that read them.
---@param frame lobule.Frame
---@param id? string
---@param problems table[]
---@param opts table                what was given
---@return string[] sentences
---@return table options            na, censored, date_format; columns: name -> true, those told of
function M.hints(frame, id, problems, opts)
  local list, tokens, seen, told, columns = {}, {}, {}, {}, {}
  local hints <const> = { columns = told, date_format = date_format(problems) }
  for _, name in ipairs(frame:names()) do
    local kind = frame:column(name):type()
    local k = name ~= id and (kind == "text" or kind == "factor") and not name:find("`", 1, true)
      and kinds_of(frame, name)
    if k then
      columns[#columns + 1], told[name] = { name = name, k = k }, true
      for _, token in ipairs(k.tokens) do
        if not seen[token] then tokens[#tokens + 1], seen[token] = token, true end
      end
      if k.below > 0 then hints.censored = "below" end
    end
  end
  list[1] = together(columns, "missing", nil, "na = ... reads them as missing")
  list[#list + 1] = together(columns, "below", "below a limit, '<...'", "censored = \"below\"")
  for _, one in ipairs(columns) do
    if not (alone(one.k, "missing") or alone(one.k, "below")) then
      list[#list + 1] = sentence(one.name, one.k)
    end
  end
  if #tokens > 0 then
    table.sort(tokens)
    hints.na = table.move(tokens, 1, #tokens, #(opts.na or { 1, 2 }) + 1,
      table.move(opts.na or { "", "NA" }, 1, #(opts.na or { 1, 2 }), 1, {}))
  end
  return list, hints
end

return M
