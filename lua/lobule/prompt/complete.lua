--- Completion at a place in an entry: members of live objects, columns and functions inside
--- expressions, levels of factors, options with their help, files. Nothing that the entry calls is
--- run to find out.
local chain = require "lobule.prompt.chain"
local core = require "lobule.core"
local formula_words = require "lobule.prompt.formula_words"
local members = require "lobule.prompt.members"
local offers = require "lobule.prompt.offers"
local options = require "lobule.prompt.options"
local tokens = require "lobule.prompt.tokens"

local M = {}

---@class lobule.prompt.Candidate
---@field text string
---@field kind string              "column", "function", "method", "field", "option", "level",
---                                 "choice", "file", "keyword" or "variable"
---@field help? string              one line

-- Strings of these verbs are expressions, or names of columns.
local EXPRESSIONS <const> = { filter = true, exclude = true, mutate = true, summarise = true,
  explain = true }
local COLUMNS <const> = { select = true, sort = true, distinct = true, complete = true,
  relevel = true, by_arm = true, drop = true, relocate = true, rename = true, fill = true,
  recode = true, collapse = true, first = true, last = true, label = true, missing = true,
  pivot_longer = true, pivot_wider = true, join = true, asof_join = true, interval_join = true,
  column = true, sample = true, slice = true }
local COLUMN_OPTIONS <const> = { by = true, order = true, columns = true, id = true, arm = true,
  weights = true, before = true, after = true, names_from = true, values_from = true }
local EXPRESSION_WORDS <const> = { "and", "or", "not", "in", "between", "true", "false", "NA" }

local function sorted(list)
  table.sort(list, function(a, b) return a.text < b.text end)
  return list
end

--- Candidates that begin with the word; when none does, those that hold it.
local function fitting(list, word)
  local kept, seen, lower = {}, {}, word:lower()
  for _, one in ipairs(list) do
    local text = one.text:lower()
    local fits = text:sub(1, #word) == lower or text:sub(1, #word + 1) == "`" .. lower
    if fits and not seen[one.text] then
      kept[#kept + 1], seen[one.text] = one, true
    end
  end
  return kept
end

-- Inside strings ---------------------------------------------------------------------------------

local function column_candidates(names, list)
  for _, name in ipairs(names or {}) do
    local plain = name:find "^[%a_][%w_]*$"
    list[#list + 1] = { text = plain and name or "`" .. name .. "`", kind = "column" }
  end
  return list
end

local function plain_columns(names)
  local list = {}
  for _, name in ipairs(names or {}) do list[#list + 1] = { text = name, kind = "column" } end
  return list
end

local function level_candidates(thing, column)
  return offers.levels(thing and thing.frame, column)
end

--- Levels in quotes, where a comparison waits for one.
local function quoted_levels(thing, inner)
  local column, word = inner:match "`?([^%s`()=~<>,]+)`?%s*[=~]=%s*([%w_]*)$"
  if not column or word ~= "" then return nil end
  local list = level_candidates(thing, column)
  for _, one in ipairs(list) do
    if one.text:find "'" then return nil end
    one.text = "'" .. one.text .. "'"
  end
  return #list > 0 and list or nil
end

--- The column whose level is being written at the end of an expression, and what is written of it.
local function open_level(inner)
  for _, quote in ipairs { "'", '"' } do
    local column, word = inner:match("`?([^%s`()=~<>,]+)`?%s*[=~]=%s*" .. quote .. "([^'\"]*)$")
    if column then return column, word end
    local listed, rest = inner:match "`?([^%s`()=~<>,]+)`?%s+in%s*{([^}]*)$"
    if listed and select(2, rest:gsub(quote, "")) % 2 == 1 then
      return listed, rest:match("[^" .. quote .. "]*$")
    end
  end
end

local function in_expression(thing, inner)
  local column, word = open_level(inner)
  if column then return level_candidates(thing, column), word end
  if select(2, inner:gsub("'", "")) % 2 == 1 then return {}, "" end
  local levels = quoted_levels(thing, inner)
  if levels then return levels, "" end
  local list = column_candidates(chain.columns(thing), {})
  for _, f in ipairs(core.expression_functions()) do
    list[#list + 1] = { text = f.name .. "(", kind = "function", help = f.help }
  end
  for _, name in ipairs(EXPRESSION_WORDS) do list[#list + 1] = { text = name, kind = "keyword" } end
  return list, inner:match "`[^`]*$" or inner:match "[%w_]*$"
end

local function in_formula(things, inner)
  local list = {}
  for _, thing in ipairs(things) do column_candidates(chain.columns(thing), list) end
  for _, word in ipairs(formula_words.WORDS) do
    list[#list + 1] = { text = word, kind = "function" }
  end
  for _, argument in ipairs(formula_words.arguments(inner)) do
    list[#list + 1] = { text = argument, kind = "option" }
  end
  return list, inner:match "`[^`]*$" or inner:match "[%w_]*$"
end

--- Files, "~" as the home folder: Lua's own functions do not know it.
local function in_path(inner)
  local path = offers.at_home(inner)
  return offers.files(path), path, #inner
end

-- The place --------------------------------------------------------------------------------------

---@class lobule.prompt.Call
---@field name string               last name of what is called
---@field method boolean
---@field receiver integer?         token before the colon
---@field callee integer            token of the name
---@field argument integer          which one, from 1
---@field key? string               in a table: the field being given
---@field outer? string             of a table in a table: the field that holds it
---@field in_table boolean          whether the place is in the table of options itself

--- The name of "name =" before token k.
local function key_before(list, k)
  local sign, name = list[k - 1], list[k - 2]
  return sign and sign.text == "=" and name and name.kind == "name" and name.text or nil
end

--- The call in whose arguments token i stands.
local function call_around(list, i)
  local depth, commas, braces, outer = 0, 0, 0, nil
  for k = i - 1, 1, -1 do
    local text = list[k].kind == "operator" and list[k].text
    if text == ")" or text == "}" or text == "]" then depth = depth + 1 end
    if text == "," and depth == 0 then commas = commas + 1 end
    if text == "(" or text == "{" or text == "[" then depth = depth - 1 end
    if depth < 0 then
      local callee = list[k - 1] and list[k - 1].kind == "name" and k - 1
      if text == "{" then
        braces, outer = braces + 1, outer or key_before(list, k)
      end
      if callee then
        local method = list[k - 2] and list[k - 2].text == ":"
        return { name = list[callee].text, method = method, callee = callee,
          receiver = method and k - 3 or nil, outer = outer,
          argument = text == "{" and 1 or commas + 1,
          key = braces > 0 and (key_before(list, i) or outer) or nil, in_table = braces == 1 }
      end
      local key = k > 1 and list[k - 1].text:find "^[{,]$" -- { ["a"] = 1 }
      if text == "[" and not key then return nil end
      depth, commas = 0, 0
    end
  end
end

--- The call of f"..." or obj:f"...".
local function call_before(list, i)
  local before = list[i - 1]
  if not (before and before.kind == "name") then return nil end
  local method = list[i - 2] and list[i - 2].text == ":"
  return { name = before.text, method = method, callee = i - 1,
    receiver = method and i - 3 or nil, argument = 1, in_table = false }
end

local function receiver_of(env, list, call)
  if not call.receiver then return nil end
  local from = chain.start(list, call.receiver)
  return from and chain.resolve(env, list, from, call.receiver)
end

--- "lb.survival.km" or "cohort:filter".
local function full_name(env, list, call)
  if call.method then
    local thing = receiver_of(env, list, call)
    return thing and thing.class and thing.class .. ":" .. call.name
  end
  local from = chain.start(list, call.callee)
  if not from then return nil end
  local parts = {}
  for i = from, call.callee do parts[#parts + 1] = list[i].text end
  return table.concat(parts)
end

--- The data of a formula's call: the argument after it, else every cohort and frame of the session.
local function formula_data(env, rest)
  local name = rest:match "^[^,]*,%s*([%a_][%w_]*)"
  local value = name and rawget(env, name)
  if value ~= nil then return { chain.of(value) } end
  local things, seen = {}, {}
  for _, one in next, env do
    local thing = chain.of(one)
    if thing.frame and not seen[thing.frame] then
      things[#things + 1], seen[thing.frame] = thing, true
    end
  end
  return things
end

local PATHS <const> = { cohort = true, read = true, peek = true, sqlite = true, save = true,
  csv = true, append_csv = true, dofile = true, loadfile = true, open = true, lines = true }
local ABOUT <const> = { help = true, search = true, example = true }
local TYPES <const> = { "real", "integer", "logical", "factor", "text", "date", "datetime" }

local function choices(texts)
  local list = {}
  for i, text in ipairs(texts) do list[i] = { text = text, kind = "choice" } end
  return list
end

--- What the text of a named field can be.
local function in_field(env, list, i, call, thing)
  local groups = thing and offers.group_levels(thing.value, call.key) or {}
  if #groups > 0 then return groups end
  if call.name == "contrast" and call.method then
    local levels = offers.model_levels(thing and thing.value, call.key)
    if #levels > 0 then return levels end
  end
  local data = thing and chain.columns(thing) and thing
  if COLUMN_OPTIONS[call.key] then
    data = data or offers.data_argument(env, list, call.callee, i) or formula_data(env, "")[1]
    return plain_columns(chain.columns(data))
  end
  local name = full_name(env, list, call)
  local named = choices(options.choices_of(name, call.key))
  if #named > 0 then return named end
  return options.argument(name, call.argument) == "options" and call.outer == "types"
    and choices(TYPES) or {}
end

--- The text of the first argument of a call.
local function first_argument(list, call)
  local token = list[call.callee + 2]
  return list[call.callee + 1].text == "(" and token and token.kind == "string"
    and chain.text(token) or nil
end

--- Strings of methods of frames and cohorts.
local function in_verb(thing, list, call, inner)
  if EXPRESSIONS[call.name] then
    if call.argument > 1 and not call.in_table then return {}, inner end -- a reason, a name
    return in_expression(thing, inner)
  end
  if call.name == "relevel" and call.argument == 2 then
    return level_candidates(thing, first_argument(list, call) or ""), inner
  end
  if COLUMNS[call.name] then
    return plain_columns(chain.columns(thing)), inner:gsub("^%-", "")
  end
end

--- Candidates inside a string token. Files stand only where a path is due, or one has been begun.
local function in_string(env, list, i, inner, rest)
  local call = call_before(list, i) or call_around(list, i)
  if not call and inner:find "/" then return in_path(inner) end
  if not call then return {}, inner end
  local thing = receiver_of(env, list, call)
  if call.key then return in_field(env, list, i, call, thing), inner end
  if call.method and chain.columns(thing) then
    local found, word = in_verb(thing, list, call, inner)
    if found then return found, word end
  end
  if ABOUT[call.name] and not call.method then return offers.topics(inner), inner end
  if (call.name == "hazard_ratio" or call.name == "contrast") and call.method then
    return offers.terms(thing and thing.value), inner
  end
  local name = full_name(env, list, call)
  local argument = name and options.argument(name, call.argument)
  if argument == "formula" then return in_formula(formula_data(env, rest), inner) end
  local named = argument and choices(options.parameter_choices(name, argument)) or {}
  if #named > 0 then return named, inner end
  if PATHS[call.name] or argument == "path" or inner:find "/" then return in_path(inner) end
  return {}, inner
end

--- Option names at a key's place of a table.
local function in_table(env, list, i, call)
  local name = full_name(env, list, call)
  local argument = name and options.argument(name, call.argument)
  if argument == "what" and not call.in_table then
    local one = receiver_of(env, list, call)
    return offers.person_fields(one and one.value)
  end
  if not argument or not (argument:find "options" or argument == "spec") then return {} end
  local thing = receiver_of(env, list, call)
  local given, found = {}, options.names_groups(name, argument) and thing
    and offers.group_fields(thing.value) or {}
  for k = call.callee, i - 1 do
    if list[k + 1] and list[k + 1].text == "=" then given[list[k].text] = true end
  end
  for _, option in ipairs(options.list(name, argument)) do
    if not given[option.name] then
      found[#found + 1] = { text = option.name .. " = ", kind = "option", help = option.help }
    end
  end
  return found
end

local function names(env)
  local list, seen = {}, {}
  local function add(text, kind)
    if type(text) == "string" and text:find "^[%a_][%w_]*$" and not text:find "^_+%d*$"
      and not seen[text] then
      list[#list + 1], seen[text] = { text = text, kind = kind }, true
    end
  end
  for _, place in ipairs { env, _G } do
    for name, value in next, place do
      add(name, type(value) == "function" and "function" or "variable")
    end
  end
  add("lb", "variable")
  add("help", "function")
  for word in ([[and break do else elseif end false for function if in local nil not or repeat
    return then true until while]]):gmatch "%a+" do
    add(word, "keyword")
  end
  return sorted(list)
end

--- Candidates outside of strings; `i` is the token of the word, or the one after the last.
local function in_code(env, list, i, word)
  local sign = list[i - 1] and list[i - 1].kind == "operator" and list[i - 1].text
  if sign == "." or sign == ":" then
    local from = chain.start(list, i - 2)
    return members(from and chain.resolve(env, list, from, i - 2), sign)
  end
  if sign == "{" or sign == "," then
    local call = call_around(list, i)
    if call and (call.in_table or call.method and call.name == "contrast") then
      local found = in_table(env, list, i, call)
      if #found > 0 then return found end
    end
  end
  return word ~= "" and names(env) or {} -- all that there is helps nobody
end

local function without_comments(text)
  local list = {}
  for _, token in ipairs(tokens.list(text)) do
    if token.kind ~= "comment" then list[#list + 1] = token end
  end
  return list
end

--- What can stand at a place.
---@param session lobule.prompt.Session
---@param text string               the entry
---@param cursor integer            bytes before the cursor
---@return lobule.prompt.Candidate[] candidates
---@return integer start            first byte that a candidate replaces; the cursor is the last
function M.at(session, text, cursor)
  local before, rest = text:sub(1, cursor), text:sub(cursor + 1)
  if before:find "^%s*:[%a_]*$" or before:find "^%s*:[%a_]" then
    local list, start = M.at(session, "_" .. text:gsub("^%s*", ""), cursor + 1
      - #text:match "^%s*")
    return list, start - 1 + #text:match "^%s*"
  end
  local topic = before:match "^%s*%?+%s*([%w_.: ]*)$"
  if topic and not rawget(session.env, topic:match "^([%a_][%w_]*)[.:]" or "") then
    return fitting(offers.topics(topic), topic), cursor - #topic + 1
  end
  local commands, typed = offers.command(before)
  if commands then return fitting(commands, typed), cursor - #typed + 1 end
  local list = without_comments(before)
  local last = list[#list]
  if last and last.kind == "string" and last.open then
    local quote = last.text:match "^%[=*%[" or last.text:sub(1, 1)
    local found, word, length = in_string(session.env, list, #list,
      before:sub(last.start + #quote), rest)
    return fitting(found, word), cursor - (length or #word) + 1
  end
  local word = before:match "[%a_][%w_]*$" or ""
  local i = word ~= "" and #list or #list + 1
  return fitting(in_code(session.env, list, i, word), word), cursor - #word + 1
end

return M
