--- What particular places of an entry wait for: help topics, levels of a factor, groups of a fitted
--- curve, terms of a model, paths.
local chain = require "lobule.prompt.chain"
local docs = require "lobule.docs"
local host = require "lobule.host"

local M = {}

--- Help topics. With "lb." or a colon typed, names are spelled as they are in Lua.
---@param word string               what is written of the topic
---@return lobule.prompt.Candidate[]
function M.topics(word)
  local list = {}
  for _, name in ipairs(require("lobule.help").topics()) do
    list[#list + 1] = { text = name, kind = "topic" }
  end
  if not word:find "^lb%." and not word:find ":" then return list end
  for i, entry in ipairs(docs.entries()) do
    list[i] = { text = entry.name, kind = "topic", help = entry.doc[1] }
  end
  return list
end

--- Columns that can be factors of their own: a frame's factors and logical columns.
---@param frame lobule.Frame?
---@param column string
---@return lobule.prompt.Candidate[]
function M.levels(frame, column)
  local list = {}
  if not (frame and frame:has(column)) then return list end
  for _, level in ipairs(frame:column(column):levels() or {}) do
    list[#list + 1] = { text = level, kind = "level" }
  end
  return list
end

--- The parts "treatment=SIRT" of the groups of a fitted curve, by variable.
local function groups_of(value)
  local info = type(value) == "table" and rawget(value, "info")
  local groups = type(info) == "table" and info.groups
  return type(groups) == "table" and groups.name or {}
end

--- Variables of the groups of a fitted curve, as fields of a table.
---@param value any
---@return lobule.prompt.Candidate[]
function M.group_fields(value)
  local list, seen = {}, {}
  for _, name in ipairs(groups_of(value)) do
    for part in (name .. ", "):gmatch "(.-), " do
      local variable, level = part:match "^([%a_][%w_]*)=(.*)$"
      if variable and not seen[variable] then
        list[#list + 1] = { text = variable .. " = ", kind = "option",
          help = ('a group: "%s", ...'):format(level) }
        seen[variable] = true
      end
    end
  end
  return list
end

--- The levels of one variable of the groups.
---@param value any
---@param variable string
---@return lobule.prompt.Candidate[]
function M.group_levels(value, variable)
  local list = {}
  for _, name in ipairs(groups_of(value)) do
    for part in (name .. ", "):gmatch "(.-), " do
      if part:sub(1, #variable + 1) == variable .. "=" then
        list[#list + 1] = { text = part:sub(#variable + 2), kind = "level" }
      end
    end
  end
  return list
end

--- The terms of a fitted model.
---@param value any
---@return lobule.prompt.Candidate[]
function M.terms(value)
  local info = type(value) == "table" and rawget(value, "info")
  local list, terms = {}, type(info) == "table" and info.terms
  for _, one in ipairs(type(terms) == "table" and terms or {}) do
    if type(one.term) == "string" then list[#list + 1] = { text = one.term, kind = "term" } end
  end
  return list
end

--- The variables of a fitted model, interactions apart: as fields of a person in a contrast.
---@param value any
---@return lobule.prompt.Candidate[]
function M.person_fields(value)
  local info = type(value) == "table" and rawget(value, "info")
  local list, seen, terms = {}, {}, type(info) == "table" and info.terms
  for _, one in ipairs(type(terms) == "table" and terms or {}) do
    local name = one.variable
    if type(name) == "string" and name:find "^[%a_][%w_]*$" and not seen[name] then
      list[#list + 1] = { text = name .. " = ", kind = "option", help = one.level
        and ('a level: "%s", ...'):format(one.reference) or "a number" }
      seen[name] = true
    end
  end
  return list
end

--- The levels of a variable of a fitted model, the reference first.
---@param value any
---@param variable string
---@return lobule.prompt.Candidate[]
function M.model_levels(value, variable)
  local info = type(value) == "table" and rawget(value, "info")
  local list, terms = {}, type(info) == "table" and info.terms
  for _, one in ipairs(type(terms) == "table" and terms or {}) do
    if one.variable == variable and one.level then
      if #list == 0 then list[1] = { text = one.reference, kind = "level" } end
      list[#list + 1] = { text = one.level, kind = "level" }
    end
  end
  return list
end

--- "~/data" as the home folder's.
---@param path string
---@return string
function M.at_home(path)
  local home = os.getenv "HOME"
  if home and home ~= "" and (path == "~" or path:find "^~/") then return home .. path:sub(2) end
  return path
end

--- Files and folders that begin with a path.
---@param path string
---@return lobule.prompt.Candidate[]
function M.files(path)
  local folder, list = path:match "^(.*/)" or "", {}
  local place = folder == "" and "." or M.at_home(folder)
  for _, name in ipairs(host.folder(place) or {}) do
    if name:sub(1, 1) ~= "." then list[#list + 1] = { text = folder .. name, kind = "file" } end
  end
  return list
end

local COMMAND_PATHS <const> = { load = true, save = true, cd = true, ls = true }

--- After a dot at the start: the commands, and the files that some of them take.
---@param before string
---@return lobule.prompt.Candidate[]? list  nil when there is none
---@return string? word             what is written
function M.command(before)
  local name, rest = before:match "^%s*%.(%a+)%s+(.*)$"
  if name then
    if not COMMAND_PATHS[name] then return {}, "" end
    return M.files(rest), rest
  end
  local word, list = before:match "^%s*%.(%a*)$", {}
  if not word then return nil end
  for i, one in ipairs(require("lobule.prompt.commands").list()) do
    list[i] = { text = one.name, kind = "command", help = one.help }
  end
  return list, word
end

--- The frame or cohort among the arguments of a call that stand before token i, as names of
--- variables; nil without one.
---@param env table
---@param list lobule.prompt.Token[]
---@param from integer              the token of what is called
---@param i integer
---@return lobule.prompt.Thing?
function M.data_argument(env, list, from, i)
  for k = from + 1, i - 1 do
    local sign = list[k - 1].text
    local alone = list[k].kind == "name" and (sign == "(" or sign == ",")
    local value = alone and rawget(env, list[k].text)
    local thing = value and chain.of(value)
    if thing and thing.frame then return thing end
  end
end

return M
