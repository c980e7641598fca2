--- A CSV file taken apart and put together again as text: the variants of an example that `recipe
--- test` tries differ from it in one thing only, and are read like any file of a researcher.
local M = {}

local SEPARATORS <const> = { ",", ";", "\t", "|" }

--- Cells of the record that begins at `at`, each as written, quotes and all; and where the next
--- record begins.
local function record_at(text, at, separator)
  local cells, from, quoted = {}, at, false
  while true do
    local c = text:sub(at, at)
    if c == "\"" then
      quoted = not quoted
    elseif c == "" or not quoted and (c == separator or c == "\n" or c == "\r") then
      cells[#cells + 1] = text:sub(from, at - 1)
      if c == "\r" and text:sub(at + 1, at + 1) == "\n" then at = at + 1 end
      if c ~= separator then return cells, at + 1 end
      from = at + 1
    end
    at = at + 1
  end
end

local function separator_of(text)
  local header, best, most = text:match "^[^\r\n]*", ",", 0
  for _, separator in ipairs(SEPARATORS) do
    local _, n = header:gsub("%" .. separator, "")
    if n > most then best, most = separator, n end
  end
  return best
end

---@class lobule.recipe.CsvText
---@field separator string
---@field header string[]           cells as written
---@field rows string[][]

--- Takes a text apart.
---@param text string
---@return lobule.recipe.CsvText
function M.parse(text)
  text = text:gsub("^\xEF\xBB\xBF", "")
  local separator, at, rows = separator_of(text), 1, {}
  while at <= #text do
    local cells
    cells, at = record_at(text, at, separator)
    if #cells > 1 or cells[1] ~= "" then rows[#rows + 1] = cells end
  end
  local header = table.remove(rows, 1) or {}
  return { separator = separator, header = header, rows = rows }
end

--- The text of header and rows.
---@param csv lobule.recipe.CsvText
---@return string
function M.text(csv)
  local lines = { table.concat(csv.header, csv.separator) }
  for i, row in ipairs(csv.rows) do lines[i + 1] = table.concat(row, csv.separator) end
  return table.concat(lines, "\n") .. "\n"
end

--- The place of a column by its name.
---@param csv lobule.recipe.CsvText
---@param name string
---@return integer?
function M.place(csv, name)
  for i, cell in ipairs(csv.header) do
    local bare = cell:match "^%s*\"(.*)\"%s*$" or cell:match "^%s*(.-)%s*$"
    if bare:gsub("\"\"", "\"") == name then return i end
  end
end

local function copy_with(csv, header, rows)
  return { separator = csv.separator, header = header or csv.header, rows = rows or csv.rows }
end

--- The rows in another order: the same one always, that no sorting gives.
---@param csv lobule.recipe.CsvText
---@return lobule.recipe.CsvText
function M.shuffled(csv)
  local rows, state = table.move(csv.rows, 1, #csv.rows, 1, {}), 12345
  for i = #rows, 2, -1 do
    state = (state * 1103515245 + 12345) % 2 ^ 31 // 1 | 0
    local k = (state >> 8) % i + 1
    rows[i], rows[k] = rows[k], rows[i]
  end
  return copy_with(csv, nil, rows)
end

local function each_row(csv, change)
  local rows = {}
  for i, row in ipairs(csv.rows) do rows[i] = change(row, i) end
  return copy_with(csv, change(csv.header, 0), rows)
end

--- The columns from last to first.
---@param csv lobule.recipe.CsvText
---@return lobule.recipe.CsvText
function M.reversed(csv)
  return each_row(csv, function(row)
    local out = {}
    for i = #csv.header, 1, -1 do out[#out + 1] = row[i] or "" end
    return out
  end)
end

--- One more column, in front.
---@param csv lobule.recipe.CsvText
---@param name string
---@return lobule.recipe.CsvText
function M.widened(csv, name)
  return each_row(csv, function(row, i)
    local out = table.move(row, 1, #row, 2, {})
    out[1] = i == 0 and name or "note " .. (i * 7 % 5)
    return out
  end)
end

--- One cell of a column that holds something made empty; nil when there is none.
---@param csv lobule.recipe.CsvText
---@param place integer
---@param fraction number           which of them: 0 the first, 1 the last
---@return lobule.recipe.CsvText?
function M.blanked(csv, place, fraction)
  local filled = {}
  for i, row in ipairs(csv.rows) do
    if (row[place] or "") ~= "" then filled[#filled + 1] = i end
  end
  if #filled == 0 then return nil end
  local i = filled[1 + math.floor(fraction * (#filled - 1))]
  local rows = table.move(csv.rows, 1, #csv.rows, 1, {})
  rows[i] = table.move(rows[i], 1, #rows[i], 1, {})
  rows[i][place] = ""
  return copy_with(csv, nil, rows)
end

--- The first n rows.
---@param csv lobule.recipe.CsvText
---@param n integer
---@return lobule.recipe.CsvText
function M.first(csv, n)
  return copy_with(csv, nil, table.move(csv.rows, 1, math.min(n, #csv.rows), 1, {}))
end

return M
