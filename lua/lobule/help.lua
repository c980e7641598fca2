--- help(): the docstring of a function, of a class, or the index.
local docs = require "lobule.docs"
local core = require "lobule.core"
local topics = require "lobule.help_topics"

local M = {}

local first_sentence <const> = docs.first_sentence

--- Members that researchers do not call themselves.
local INTERNAL <const> = { report_blocks = true, record = true, boxes = true }

--- Whether researchers have no use for a member.
---@param entry table               of docs.entries
---@return boolean
function M.is_internal(entry)
  return INTERNAL[entry.name:match "[%w_]+$"] or false
end

local is_internal <const> = M.is_internal

local WIDTH <const>, LEAST <const> = 84, 40

--- Words laid out with a hanging indent in lines that fit the terminal and are no wider than WIDTH.
local function flow(lead, text, indent)
  local lines, line = {}, lead
  local width = math.tointeger(tonumber(os.getenv "COLUMNS")) or WIDTH
  width = math.max(math.min(width, WIDTH), LEAST)
  for word in text:gmatch "%S+" do
    if #line + #word + 1 > width and line:find "%S" then
      lines[#lines + 1] = line
      line = (" "):rep(indent) .. word
    else
      line = line .. (line:find "%S$" and " " or "") .. word
    end
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

--- The docstring's lines joined: the description first, then one text an annotation.
local function join(doc)
  local parts = { "" }
  for _, line in ipairs(doc) do
    if line:find "^@" then
      parts[#parts + 1] = line
    else
      parts[#parts] = parts[#parts] .. " " .. line
    end
  end
  return parts
end

--- An annotation as a reader's lines; nil for those that only editors need.
local function annotation(text)
  local name, optional, about = text:match "^@param ([%w_.]+)(%??)%s+(.*)$"
  if name then
    -- Two blanks part a type, which may hold blanks itself, from what is said about it.
    local kind, rest = about:match "^(.-)%s%s+(.*)$"
    if not kind then kind, rest = about, "" end
    if rest == "" then rest = kind end
    local lead = ("    %-12s "):format(name .. (optional == "?" and "?" or ""))
    return flow(lead, rest, 17)
  end
  local result = text:match "^@return (.*)$"
  if result then return flow("    returns      ", result:gsub("#", "", 1), 17) end
  local raise = text:match "^@raise (.*)$"
  if raise then return flow("    raises       ", raise, 17) end
end

local function entry_text(entry)
  local parts = join(entry.doc)
  local lines = { ("%s(%s)"):format(entry.name, entry.args), flow("  ", parts[1], 2) }
  for i = 2, #parts do lines[#lines + 1] = annotation(parts[i]) end
  if entry.example then
    local code = entry.example:gsub("\n", "\n" .. (" "):rep(17))
    lines[#lines + 1] = "    example      " .. code
  end
  return table.concat(lines, "\n")
end

local function index_text()
  local lines = { "help \"survival.km\", help \"cohort\"; topics: help \"prompt\",",
    "\"expressions\", \"formulas\", \"missing\", \"printing\", \"recipes\", \"reports\",",
    "\"coming from R\".",
    "help.search \"word\" looks in all of it; example(lb.survival.km) runs an example.", "" }
  for _, entry in ipairs(docs.entries()) do
    if not is_internal(entry) then
      lines[#lines + 1] = flow(("  %-28s "):format(entry.name),
        first_sentence(entry.doc), 31)
    end
  end
  return table.concat(lines, "\n")
end

local function expressions_text()
  local lines = {
    "Expressions: column names, numbers, 'text', true false NA; + - * / // % ^ ..;",
    "< > <= >= == ~=; and or not;",
    "x in {'A', 'B'}; x between 1 and 5; $name from the call's `with`; `odd names` in backticks.",
      "" }
  for _, f in ipairs(core.expression_functions()) do
    local mark = f.aggregate and " [aggregate]" or f.window and " [mutate with by or order]" or ""
    lines[#lines + 1] = ("  %-34s %s%s"):format(f.signature, f.help, mark)
  end
  return table.concat(lines, "\n")
end

--- "fit:contrast": the method of whatever was fitted, of a Cox model first.
local function of_any_fit(word)
  local method, found = word:match "^fit[.:]([%w_]+)$", {}
  for _, entry in ipairs(method and docs.entries() or {}) do
    if entry.name:match ":([%w_]+)$" == method then
      table.insert(found, entry.name == "cox:" .. method and 1 or #found + 1, entry)
    end
  end
  return { found[1] }, table.move(found, 2, #found, 1, {})
end

--- Entries that fit a topic: the very name, or that of a function within its namespace; members of
--- a class or namespace; else those that contain the word.
local function find(topic)
  local exact, members, containing = {}, {}, {}
  local word = topic:gsub("^lb%.", ""):lower()
  for _, entry in ipairs(docs.entries()) do
    local name = entry.name:gsub("^lb%.", ""):lower()
    if name == word or name == word:gsub("%.", ":") or name:match "^%a+%.(.*)$" == word then
      exact[#exact + 1] = entry
    elseif not is_internal(entry) and name:find("^" .. word:gsub("%p", "%%%0") .. "[.:]") then
      members[#members + 1] = entry
    elseif name:find(word, 1, true) then
      containing[#containing + 1] = entry
    end
  end
  if #exact + #members > 0 then return exact, members end
  if word:find "^fit[.:]" then return of_any_fit(word) end
  return #containing == 1 and containing or {}, #containing > 1 and containing or {}
end

--- A function of the expression language.
local function function_text(topic)
  for _, f in ipairs(core.expression_functions()) do
    if f.name == topic or f.signature:match "^[%w_]+" == topic then
      local where = f.aggregate and "an aggregate: in summarise, and in mutate or filter with by"
        or f.window and "of the other rows: in mutate or filter with by or order"
        or "of a row: wherever an expression stands"
      return ("%s    (expressions)\n  %s.\n  %s."):format(f.signature, (f.help:gsub("^%l",
        string.upper)), (where:gsub("^%l", string.upper)))
    end
  end
end

--- The key of a value in a table of functions.
local function search(t, value, prefix)
  for key, member in next, t do
    if rawequal(member, value) then return prefix .. tostring(key) end
  end
end

--- The name under which researchers know a function or namespace.
---@param value any
---@return string?
function M.name_of(value)
  local lb = require "lobule"
  local name = search(lb, value, "")
  for _, space in ipairs { "survival", "categorical", "figure", "meta" } do
    name = name or (rawget(lb, space) and search(lb[space], value, space .. "."))
  end
  return name
end

--- What a dot command of the prompt does; nil where there is no such command, or no prompt.
local function command_entry(name)
  local ok, commands = pcall(require, "lobule.prompt.commands")
  for _, one in ipairs(ok and commands.list() or {}) do
    if one.name == name then
      return ("at the prompt: .%s %s\n%s"):format(one.name, one.arguments,
        flow("  ", one.help, 2))
    end
  end
end

--- What else has a name: expression functions and dot commands. ".save" names only a command.
local function other_entries(topic)
  local list = {}
  local bare = topic:match "^%.(.*)$"
  list[1] = not bare and function_text(topic) or nil
  list[#list + 1] = command_entry(bare or topic)
  return list
end

local function not_found(topic)
  local names = {}
  for i, entry in ipairs(docs.entries()) do names[i] = entry.name:gsub("^lb%.", "") end
  for _, f in ipairs(core.expression_functions()) do
    names[#names + 1] = f.signature:match "^[%w_]+"
  end
  local near = core.nearest(topic, names)
  if not near and #require("lobule.help_search").find(topic) > 0 then
    return ('no help on \'%s\'; help.search "%s" lists what mentions it'):format(topic, topic)
  end
  return ("no help on '%s'%s"):format(topic, near and (" (did you mean '%s'?)"):format(near)
    or "; help() lists what there is")
end

--- The text for a topic: a name ("survival.km", "cohort:filter", "cohort", "expressions"), a
--- function, or nothing for the index.
---@param topic? string|function|table
---@return string text
---@return boolean found
function M.text(topic)
  if topic == nil or rawequal(topic, require "lobule") then return index_text(), true end
  if type(topic) ~= "string" then
    local meta = getmetatable(topic)
    local class = type(meta) == "table" and rawget(meta, "__name")
    topic = class and class:gsub("^lobule%.", ""):lower() or M.name_of(topic) or ""
  end
  return M.named(topic)
end

local function of_the_name(entries, name)
  local list = {}
  for _, entry in ipairs(entries) do
    if entry.name:match "[%w_]+$" == name then list[#list + 1] = entry end
  end
  return list
end

--- A line each; what several classes have with the same words stands once.
local function listed(members)
  local lines, names, at = {}, {}, {}
  for _, entry in ipairs(members) do
    local about = first_sentence(entry.doc)
    local key = entry.name:match "[%w_]+$" .. about
    if not at[key] then
      at[key] = #names + 1
      names[at[key]] = { about = about }
    end
    table.insert(names[at[key]], entry.name)
  end
  for i, one in ipairs(names) do
    lines[i] = flow(("  %-28s "):format(one[1]), one.about, 31)
    if one[2] then
      lines[i] = lines[i] .. "\n" .. flow((" "):rep(31), "the same: " .. table.concat(one, ", ", 2),
        31)
    end
  end
  return table.concat(lines, "\n")
end

--- The text for a name: a topic, functions and methods, a class, expression functions, dot
--- commands.
---@param topic string
---@return string text
---@return boolean found
function M.named(topic)
  if topic == "expressions" then return expressions_text(), true end
  if topics[topic] then return topics[topic], true end
  local entries, members = find(topic)
  local blocks = other_entries(topic)
  if #entries + #members + #blocks == 0 then return not_found(topic), false end
  -- A word that only occurs in other names is not what was meant where something has that name.
  if #blocks > 0 and #entries == 0 then members = of_the_name(members, topic) end
  for i, entry in ipairs(entries) do table.insert(blocks, i, entry_text(entry)) end
  if #members > 0 then blocks[#blocks + 1] = listed(members) end
  return table.concat(blocks, "\n\n"), true
end

--- The topics that a shell offers behind `lobule help`: subjects, then names as they are typed, a
--- dot for the colon of a method, which shells take for the end of a word.
---@return string[] names  sorted within each of the two
function M.topics()
  local names, seen, subjects = {}, {}, { "expressions" }
  for name in pairs(topics) do subjects[#subjects + 1] = name end
  for _, entry in ipairs(docs.entries()) do
    local name = entry.name:gsub("^lb%.", ""):gsub(":", ".")
    if not is_internal(entry) and not seen[name] and name:find "^[%w_.]+$" then
      seen[name] = true
      names[#names + 1] = name
    end
  end
  table.sort(subjects)
  table.sort(names)
  return table.move(names, 1, #names, #subjects + 1, subjects)
end

--- Prints the help on a topic.
---@param topic? string|function|table
function M.help(topic)
  local ok, host = pcall(require, "lobule.host")
  local text = M.text(topic)
  if ok and host.interactive then
    require("lobule.prompt.display").put(text, host.terminal(), true)
  else
    print(text)
  end
end

--- Prints what mentions a word: names, what is said of them, topics, recipes, labels of columns.
---@param word string
function M.search(word)
  local width = math.tointeger(tonumber(os.getenv "COLUMNS")) or WIDTH
  print(require("lobule.help_search").text(word, math.max(width, LEAST)))
end

--- `lobule help [topic]`: prints, and tells whether the topic was found.
---@param topic? string
---@return boolean found
function M.show(topic)
  local text, found = M.text(topic)
  print(text)
  return found
end

-- At the prompt `help` is this: help(x), help.search "word".
return setmetatable(M, {
  __call = function(_, topic) return M.help(topic) end,
  __tostring = function() return 'help(x), help "topic", help.search "word"; help() lists all' end,
})
