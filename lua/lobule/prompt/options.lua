--- The options of a documented function, as its docstring lists them: "name: what it does; name
--- (default), other: ...".
local docs = require "lobule.docs"

local M = {}

--- The docstring's text about one parameter, its lines joined.
local function parameter_text(entry, wanted)
  local parts, inside = {}, false
  for _, line in ipairs(entry.doc) do
    if line:find "^@" then
      local name, rest = line:match "^@param ([%w_]+)%??%s+%S+%s*(.*)$"
      inside = name == wanted
      if inside then parts[1] = rest end
    elseif inside then
      parts[#parts + 1] = line:match "^%s*(.-)%s*$"
    end
  end
  return table.concat(parts, " ")
end

local function entry_of(name)
  for _, entry in ipairs(docs.entries()) do
    if entry.name == name then return entry end
  end
end

--- The name of a function's i-th argument.
---@param name string               "lb.survival.km", "cohort:filter"
---@param i integer
---@return string?
function M.argument(name, i)
  local entry = entry_of(name)
  local k = 0
  for argument in (entry and entry.args or ""):gmatch "[%w_.]+" do
    k = k + 1
    if k == i then return argument end
  end
end

--- Pieces between semicolons and commas outside brackets and quotes.
local function pieces(text, separators)
  local list, depth, quoted, at = {}, 0, false, 1
  for i = 1, #text do
    local c = text:sub(i, i)
    if c == '"' then quoted = not quoted end
    if not quoted then
      if c == "(" or c == "{" then depth = depth + 1 end
      if c == ")" or c == "}" then depth = depth - 1 end
      local sign = separators:find(c, 1, true)
      if c == "." and sign then -- no "e.g.", no "0.5"
        sign = text:sub(i + 1, i + 1):find "^%s?$" and not text:sub(i - 3, i):find "%.%a%.$"
      end
      if depth <= 0 and sign then
        list[#list + 1] = text:sub(at, i - 1)
        at = i + 1
      end
    end
  end
  list[#list + 1] = text:sub(at)
  return list
end

local function add(list, piece, help)
  local name, rest = piece:match "^%s*([%a][%w_]*)%s*(.*)$"
  if not name then return end
  local is_name = rest == "" or rest:find "^[(:=]" or rest:find "^e%.g%. "
  if not is_name then return end
  local about = help or rest:gsub("^:%s*", "")
  about = about:match "^%((.*)%)$" or about
  list[#list + 1] = { name = name, help = about }
end

-- Options that mean the same everywhere, and so are not explained at each function.
local COMMON <const> = {
  by = "grouping columns, one name or a list", columns = "names of columns, a list",
  with = "values for $names", order = "sort keys, as for :sort", caption = "text above the table",
  title = "heading; of a figure: of the document, not drawn", notes = "lines below the table",
  read = "options of lb.read, as a table", x_label = "of the horizontal axis",
  y_label = "of the vertical axis", width_mm = "width of the figure in millimetres",
  conf_level = "level of the intervals, 0.95", conf_type = "scale of the limits",
  digits = "significant digits", rows = "the most rows that are shown",
  width = "columns of the terminal", ascii = "no line drawing", seed = "of the random numbers, 1",
  date = "a day as text; no clock is read", author = "one name or a list",
  subtitle = "below the title",
  times = "ascending times, in the unit of the data", cause = "a level of the event",
  weights = "a column of case weights", id = "column that names the person",
  na = "list of texts that mean missing",
  types = "column -> type name, a misfit is then an error", params = "values for the query's marks",
  names_pattern = "pattern whose captures are the new names", query = "one SELECT",
  names_sep = "what parts the pieces of a name (an underscore)",
  suffix = "added to names that both sides have" }

--- The help of an option of the same name where it is explained: of a cohort's verb at the frame's.
local function explained(name, option)
  local verb = name:match "^cohort:(.*)$"
  for _, one in ipairs(verb and option and entry_of("frame:" .. verb)
    and M.list("frame:" .. verb) or {}) do
    if one.name == option then return one.help end
  end
  return COMMON[option] or ""
end

---@class lobule.prompt.Option
---@field name string
---@field help string

--- The options that a function takes.
---@param name string
---@param argument? string          the parameter that holds them ("options")
---@return lobule.prompt.Option[]
function M.list(name, argument)
  local entry = entry_of(name)
  if not entry then return {} end
  local list = {}
  for _, part in ipairs(pieces(parameter_text(entry, argument or "options"), ";.")) do
    local head, about = part:match "^([^:\"({]*):%s*(.*)$"
    local names = head and pieces(head, ",") or pieces(part, ",")
    if part:find "the others of lb%." then names = {} end
    for _, piece in ipairs(names) do
      add(list, piece, about)
    end
  end
  local others = parameter_text(entry, argument or "options"):match "the others of (lb%.%w+)"
  for _, one in ipairs(others and M.list(others) or {}) do list[#list + 1] = one end
  for _, one in ipairs(list) do
    if one.help == "" then one.help = explained(name, one.name) end
  end
  return list
end

--- What stands in quotes: where the text begins with it, only the list that it begins.
local function quoted(text)
  local list, at = {}, 1
  while true do
    local choice, after = text:match('^"([^"]+)"%s*()', at)
    if not choice then break end
    list[#list + 1] = choice
    at = text:match("^%b()%s*()", after) or after
    at = text:match("^,?%s*or%s+()", at) or text:match("^[,|]%s*()", at) or #text + 1
  end
  if #list > 0 then return list end
  for choice in text:gmatch '"([^"]+)"' do list[#list + 1] = choice end
  return list
end

--- The texts that an option's help names as its choices.
---@param option lobule.prompt.Option
---@return string[]
function M.choices(option)
  return (quoted(option.help))
end

--- The choices of a function's option.
---@param name? string              of the function
---@param key string                of the option
---@return string[]
function M.choices_of(name, key)
  for _, option in ipairs(name and M.list(name) or {}) do
    if option.name == key then return (M.choices(option)) end
  end
  return {}
end

--- The texts that a parameter's type names: "forest"|"curves".
---@param name string
---@param parameter string
---@return string[]
function M.parameter_choices(name, parameter)
  local entry = entry_of(name)
  for _, line in ipairs(entry and entry.doc or {}) do
    local found, kind = line:match "^@param ([%w_]+)%??%s+(%S+)"
    if found == parameter then return (quoted(kind)) end
  end
  return {}
end

--- Whether a parameter holds groups by name, beside options.
---@param name string
---@param parameter string
---@return boolean
function M.names_groups(name, parameter)
  local entry = entry_of(name)
  return entry ~= nil and parameter_text(entry, parameter):find "group by name" ~= nil
end

return M
