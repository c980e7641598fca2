--- help.search: a word looked for in names, in what is said about them, in topics, expression
--- functions, recipes' titles and whatever the session adds (its columns' labels, dot commands).
local core = require "lobule.core"
local docs = require "lobule.docs"

local M = {}

---@class lobule.help.Finding
---@field name string               as help() takes it
---@field about string              one line
---@field score integer             the higher the nearer

local sources = {}

--- Adds a place to look in: a function that calls add(name, about, text) for all it has, with a
--- further text that is searched but not shown.
---@param source fun(add: fun(name: string, about: string, text?: string))
function M.add_source(source)
  sources[#sources + 1] = source
end

local NAME <const>, PREFIX <const>, IN_NAME <const> = 100, 80, 60
local IN_ABOUT <const>, IN_TEXT <const> = 40, 20

--- How well a word fits; nil when it does not.
local function score(word, name, about, text)
  name = name:lower()
  local last = name:match "[^.:]+$" or name
  if name == word or last == word then return NAME end
  if last:sub(1, #word) == word then return PREFIX end
  if name:find(word, 1, true) then return IN_NAME end
  if about:lower():find(word, 1, true) then return IN_ABOUT end
  if text and text:lower():find(word, 1, true) then return IN_TEXT end
end

local function from_docs(add)
  local help = require "lobule.help"
  for _, entry in ipairs(docs.entries()) do
    if not help.is_internal(entry) then
      add(entry.name, docs.first_sentence(entry.doc), table.concat(entry.doc, " "))
    end
  end
end

--- A topic is shown by its line that has the word, else by its first.
local function from_topics(add, word)
  for name, text in next, require "lobule.help_topics" do
    local about = text:match "^[^\n]*"
    for line in text:gmatch "[^\n]+" do
      if line:lower():find(word, 1, true) then
        about = line:match "^%s*(.-)%s*$"
        break
      end
    end
    add(name, "topic: " .. about, text)
  end
end

local function from_expressions(add)
  for _, f in ipairs(core.expression_functions()) do
    add(f.name or f.signature:match "^[%w_]+" or f.signature, ("in expressions: %s: %s"):format(
      f.signature, f.help))
  end
end

--- Titles of the recipes that the program carries; others are a stranger's code, which is not run
--- to answer a search.
local function from_recipes(add)
  local ok, host = pcall(require, "lobule.host")
  for _, file in ipairs(ok and host.files() or {}) do
    local name = file:match "^lobule/recipes/([%w-]+)%.lua$"
    if name then
      local title = (host.source(file) or ""):match "title%s*=%s*\"([^\"]*)\""
      add(name, "a recipe: " .. (title or "see lobule run " .. name .. " --help"))
    end
  end
end

local function collect(word)
  local list = {}
  local function add(name, about, text)
    local fits = score(word, name, about, text)
    if fits then list[#list + 1] = { name = name, about = about, score = fits } end
  end
  for _, source in ipairs { from_docs, from_topics, from_expressions, from_recipes } do
    source(add, word)
  end
  for _, source in ipairs(sources) do source(add) end
  return list
end

--- What mentions a word, the nearest first.
---@param word string
---@return lobule.help.Finding[]
function M.find(word)
  local list = collect(word:lower())
  table.sort(list, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    if a.name ~= b.name then return a.name < b.name end
    return a.about < b.about
  end)
  return list
end

--- The findings as text, one line each.
---@param word string
---@param width integer
---@return string
function M.text(word, width)
  local list = M.find(word)
  if #list == 0 then return ("nothing mentions '%s'; help() lists what there is"):format(word) end
  local widest, lines = 0, {}
  for _, one in ipairs(list) do widest = math.max(widest, #one.name) end
  widest = math.min(widest, width // 3)
  for i, one in ipairs(list) do
    local line = ("  %s%s  %s"):format(one.name, (" "):rep(widest - #one.name), one.about)
    if (utf8.len(line) or #line) > width then
      line = line:sub(1, (utf8.offset(line, width - 3) or width - 2) - 1) .. "..."
    end
    lines[i] = line
  end
  return table.concat(lines, "\n")
end

return M
