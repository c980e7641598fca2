--- The reference page of the expression language, made from its own table of functions.
local core = require "lobule.core"

local M = {}

--- What a function does, and what becomes of NA: the clauses of its help, told apart.
---@param text string               clauses parted by "; "
---@return string does
---@return string missing           "" when no clause speaks of NA
function M.split(text)
  local does, missing = {}, {}
  for clause in (text .. "; "):gmatch "(.-); " do
    local list = clause:find "%f[%w]NA%f[%W]" and missing or does
    list[#list + 1] = clause
  end
  return table.concat(does, "; "), table.concat(missing, "; ")
end

local KINDS <const> = {
  { title = "Functions of a row", about = "Anywhere an expression stands." },
  { title = "Aggregates", kind = "aggregate", about = "One value of many rows: in `summarise`, and "
    .. "in `mutate` with `by` or `order`, where every row has its group's value." },
  { title = "Functions of the other rows", kind = "window", about = "In `mutate` with `by` "
    .. "(groups; else all rows are one) or `order` (else row order; missing keys last)." },
}

local function belongs(f, kind)
  if kind then return f[kind] end
  return not (f.aggregate or f.window)
end

local function cell(text)
  return (text:gsub("|", "\\|"))
end

local GRAMMAR <const> = [[
# Expressions

Column names (odd ones in backticks), numbers, `'text'`, `true` `false` `NA`, `$name` from the
call's `with`.

| Form | Meaning | NA |
|---|---|---|
| `+ - * / // % ^` | arithmetic; whole numbers stay whole but for `/` and `^` | NA if either is NA |
| `date + 1`, `date - date` | whole days | NA if either is NA |
| `datetime + 1`, `datetime - datetime` | seconds | NA if either is NA |
| `datetime - date` | days, as a real | NA if either is NA |
| `..` | joins text | NA if either is NA |
| `< > <= >= == ~=` | comparison; dates and datetimes with ISO text too | NA if either is NA |
| `and or not` | Kleene's logic | `false and NA` is false, `true or NA` is true |
| `x in {1, 2}`, `x not in {1, 2}` | membership | NA if x is NA |
| `x between 1 and 5` | `x >= 1 and x <= 5` | as in comparisons |
]]

--- The page as Markdown.
---@return string
function M.markdown()
  local lines = { GRAMMAR }
  for _, kind in ipairs(KINDS) do
    lines[#lines + 1] = ("## %s\n\n%s\n\n| Function | Value | NA |\n|---|---|---|"):format(
      kind.title, kind.about)
    for _, f in ipairs(core.expression_functions()) do
      local does, missing = M.split(f.help)
      if belongs(f, kind.kind) then
        lines[#lines + 1] = ("| `%s` | %s | %s |"):format(cell(f.signature), cell(does),
          cell(missing))
      end
    end
    lines[#lines + 1] = ""
  end
  return table.concat(lines, "\n")
end

return M
