--- `lobule recipe show RECIPE`: its declaration in words.
local catalog = require "lobule.recipe.catalog"
local core = require "lobule.core"
local example = require "lobule.recipe.example"
local say = require "lobule.recipe.tools.say"
local signature = require "lobule.recipe.signature"
local tested = require "lobule.recipe.tools.tested"
local words = require "lobule.recipe.tools.words"

local M = {}

local SPEC <const> = { usage = "lobule recipe show RECIPE", least = 1, most = 1 }
local WIDTH <const> = 14

local function field(name, text)
  if text == nil or text == "" then return end
  say.wrapped(tostring(text), WIDTH + 2, ("  %-" .. WIDTH .. "s"):format(name)
    .. (#name >= WIDTH and " " or ""))
end

local function range_text(range)
  return range and ("%s to %s"):format(core.format_number(range[1]), core.format_number(range[2]))
end

local function levels_text(levels)
  if not levels then return nil end
  if #levels > 0 then return "levels " .. table.concat(levels, ", ") end
  return ("%s to %s levels"):format(levels.min or 1, levels.max or "any number of")
end

local function join(parts)
  local list = {}
  for i = 1, parts.n do
    if parts[i] and parts[i] ~= "" then list[#list + 1] = parts[i] end
  end
  return table.concat(list, ", ")
end

local function column_text(column)
  local text = join(table.pack(column.type == "any" and "any type" or column.type,
    column.role ~= column.name and "role " .. column.role, column.unit and "in " .. column.unit,
    range_text(column.range), levels_text(column.levels), column.many and "one or several",
    column.optional and "optional"))
  return column.help and text .. ": " .. column.help or text
end

local function param_text(param)
  local default = param.default
  if type(default) == "number" then default = core.format_number(default) end
  local text = join(table.pack(param.type, param.unit and "in " .. param.unit,
    range_text(param.range), param.choices and "one of " .. table.concat(param.choices, ", "),
    default ~= nil and "default " .. tostring(default) or param.optional and "optional"
    or "must be given"))
  return param.help and text .. ": " .. param.help or text
end

local function author_text(author)
  if type(author) ~= "table" then return tostring(author) end
  local name = tostring(author[1] or author.name)
  return author.orcid and ("%s (ORCID %s)"):format(name, author.orcid) or name
end

local function show_head(entry, declared)
  say.line("%s %s  %s", declared.name, declared.version, declared.title)
  field("", declared.description)
  field("found in", entry.where .. (entry.folder and ": " .. entry.path or ""))
  local authors = {}
  for i, author in ipairs(declared.authors) do authors[i] = author_text(author) end
  field("authors", table.concat(authors, "; "))
  field("licence", declared.licence)
  field("keywords", table.concat(declared.keywords, ", "))
  field("needs lobule", declared.lobule)
end

local function show_needs(declared)
  for _, input in ipairs(declared.inputs) do
    say.line("input --%s FILE%s%s", input.name, input.optional and " (optional)" or "",
      input.help and ": " .. input.help or "")
    for _, column in ipairs(input.columns) do
      field("--" .. column.name:gsub("_", "-"), column_text(column))
    end
  end
  if #declared.params > 0 then say.line "parameters" end
  for _, param in ipairs(declared.params) do
    field("--" .. param.name:gsub("_", "-"), param_text(param))
  end
  say.line("limits: %s s of processor time, %.0f MiB of memory",
    core.format_number(declared.limits.cpu_s), declared.limits.memory / 2 ^ 20)
end

local function value_text(value)
  return type(value) == "number" and core.format_number(value) or tostring(value)
end

local function show_example(entry, declared)
  local ok, found = pcall(example.of, declared)
  if not ok then return say.wrapped("example: " .. say.problem(found), 2, "") end
  if not found then return say.line "no example: nobody can see whether it works" end
  say.line("example: %s; %s", table.concat(example.file_names(found), ", "), tested.text(entry))
  for _, one in ipairs(found.expect) do
    local within = join(table.pack(one.rel and "relative " .. core.format_number(one.rel),
      one.abs and "absolute " .. core.format_number(one.abs)))
    say.line("    %s = %s (%s)", one.path, value_text(one.value), within)
  end
end

local function show_references(declared)
  if #declared.references > 0 then say.line "references" end
  for _, text in ipairs(declared.references) do say.wrapped(text, 4, "  - ") end
end

--- Prints the declaration.
---@param given string[]
---@return integer status
function M.run(given)
  local entry = catalog.find(words.parse(given, SPEC)[1])
  catalog.describe(entry)
  local declared = entry.declared
  if not declared then core.raise("data", entry.problem) end
  show_head(entry, declared)
  show_needs(declared)
  show_example(entry, declared)
  show_references(declared)
  say.line("sha256: %s", entry.sha256)
  say.wrapped("signature: " .. signature.state(entry).text, 2, "")
  if entry.problem then say.wrapped("note: " .. entry.problem, 2, "") end
  return 0
end

return M
