--- The command line of a recipe: options that every recipe has, and those that come from its own
--- table.
local core = require "lobule.core"
local format = require "lobule.recipe.format"

local M = {}

---@class lobule.recipe.Option
---@field word string               "--seed"
---@field short? string             "-o"
---@field value? string             "N": takes a value of that name
---@field name string               field of the arguments
---@field help string

---@type lobule.recipe.Option[]
M.COMMON = {
  { word = "--output", short = "-o", value = "FILES", name = "output",
    help = "where the report goes: out.html,out.json,out.docx" },
  { word = "--map", value = "FILE", name = "map",
    help = "a Lua file that names files, columns, recodes and parameters of your site" },
  { word = "--check", name = "check", help = "show the mapping and what is wrong, then stop" },
  { word = "--interactive", name = "interactive", help = "ask for what is missing" },
  { word = "--seed", value = "N", name = "seed", help = "of the random numbers (1)" },
  { word = "--share", name = "share",
    help = "only aggregates into the .json, counts below --min-cell left out" },
  { word = "--min-cell", value = "N", name = "min_cell", help = "smallest count shown (5)" },
  { word = "--locked", name = "locked",
    help = "refuse to run unless all is as lobule.lock says" },
  { word = "--unsigned-ok", name = "unsigned_ok",
    help = "run a recipe that is not what was signed" },
  { word = "--help", name = "help", help = "this text" },
}

local function usage(text, mend)
  core.raise("argument", text, mend)
end

local function split(text)
  local list = {}
  for part in text:gmatch "[^,]+" do
    local name = part:match "^%s*(.-)%s*$"
    if name ~= "" then list[#list + 1] = name end
  end
  return list
end

local function common(word)
  for _, option in ipairs(M.COMMON) do
    if option.word == word or option.short == word then return option end
  end
end

--- What the recipe's own words stand for: inputs, columns by name and by role, parameters.
local function own_words(declared)
  local own = {}
  for _, input in ipairs(declared.inputs) do
    for _, column in ipairs(input.columns) do
      own[column.role] = own[column.role] or { kind = "column", name = column.name }
    end
  end
  for _, input in ipairs(declared.inputs) do
    for _, column in ipairs(input.columns) do
      own[column.name] = { kind = "column", name = column.name }
    end
    own[input.name] = { kind = "input", name = input.name }
  end
  for _, param in ipairs(declared.params) do own[param.name] = { kind = "param", param = param } end
  return own
end

local function unknown(word, own)
  local names = {}
  for name in next, own do names[#names + 1] = "--" .. name:gsub("_", "-") end
  for _, option in ipairs(M.COMMON) do names[#names + 1] = option.word end
  table.sort(names)
  local near = core.nearest(word, names)
  usage(("unknown option %s%s"):format(word, near and (" (did you mean %s?)"):format(near) or ""),
    "--help lists the recipe's options.")
end

---@class lobule.recipe.Arguments
---@field files table<string, string>     by input
---@field columns table<string, string[]> by the recipe's column
---@field params table<string, any>
---@field output string[]

local TAKE <const> = {}

function TAKE.input(args, own, value)
  if args.files[own.name] then usage(("--%s is given twice"):format(own.name)) end
  args.files[own.name] = value
end

function TAKE.column(args, own, value)
  args.columns[own.name] = split(value)
end

function TAKE.param(args, own, value)
  args.params[own.param.name] = format.value(own.param, value)
end

local function whole(word, value, least)
  local n = math.tointeger(tonumber(value))
  if not n or n < least then
    usage(("%s takes a whole number from %d, not '%s'"):format(word, least, value))
  end
  return n
end

local function take_common(args, option, value)
  if option.name == "output" then
    for _, path in ipairs(split(value)) do args.output[#args.output + 1] = path end
  elseif option.name == "seed" then
    args.seed = whole(option.word, value, 0)
  elseif option.name == "min_cell" then
    args.min_cell = whole(option.word, value, 1)
  else
    args[option.name] = value or true
  end
end

--- The command line after the recipe's name. A word that does not begin with a dash is a file for
--- the first input that has none.
---@param declared lobule.recipe.Declaration
---@param words string[]
---@return lobule.recipe.Arguments
---@raise an unknown option (did you mean), a value missing or out of range
function M.parse(declared, words)
  local args = { files = {}, columns = {}, params = {}, output = {}, min_cell = 5 }
  local own, i = own_words(declared), 1
  while words[i] do
    local word, value = words[i]:match "^(%-%-[%w_-]+)=(.*)$"
    word = word or words[i]
    local option = common(word)
    local mine = not option and own[(word:match "^%-%-([%w_-]+)$" or ""):gsub("-", "_")]
    if not option and not mine then
      if word:sub(1, 1) == "-" then unknown(word, own) end
      usage(("'%s' is no option"):format(word), "A file is given as --data FILE.")
    end
    if value == nil and (mine or option.value) then
      i = i + 1
      value = words[i]
      if value == nil then usage(("a value is missing after %s"):format(word)) end
    end
    if option then take_common(args, option, value) else TAKE[mine.kind](args, mine, value) end
    i = i + 1
  end
  return args
end

-- Help -------------------------------------------------------------------------------------------

local WIDTH <const>, INDENT <const> = 84, 28

local function wrapped(lead, text)
  local lines, line = {}, ("%-" .. INDENT .. "s"):format(lead)
  if #lead >= INDENT then
    lines[1], line = lead, (" "):rep(INDENT)
  end
  for word in text:gmatch "%S+" do
    if #line + #word + 1 > WIDTH and line:find "%S" then
      lines[#lines + 1] = line
      line = (" "):rep(INDENT) .. word
    else
      line = line .. (line:find "%S$" and #line > INDENT and " " or "") .. word
    end
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

local function range_text(entry)
  local range = entry.range
  return range and ("%s to %s"):format(core.format_number(range[1]), core.format_number(range[2]))
end

local function column_text(column)
  local parts = { column.help }
  parts[#parts + 1] = ("(%s%s)"):format(column.type, column.unit and ", " .. column.unit or "")
  if range_text(column) then parts[#parts + 1] = range_text(column) .. "." end
  if column.role ~= column.name then parts[#parts + 1] = "Role: " .. column.role .. "." end
  if column.many then parts[#parts + 1] = "Several, with commas between." end
  if column.optional then parts[#parts + 1] = "May be left out." end
  return table.concat(parts, " ")
end

local function param_text(param)
  local parts = { param.help }
  if param.choices then
    parts[#parts + 1] = "One of " .. table.concat(param.choices, ", ") .. "."
  end
  if range_text(param) then parts[#parts + 1] = range_text(param) .. "." end
  if param.unit then parts[#parts + 1] = "In " .. param.unit .. "." end
  if param.default ~= nil then
    parts[#parts + 1] = ("(%s)"):format(type(param.default) == "number"
      and core.format_number(param.default) or tostring(param.default))
  elseif param.optional then
    parts[#parts + 1] = "May be left out."
  end
  return table.concat(parts, " ")
end

local function dashed(name)
  return "  --" .. name:gsub("_", "-")
end

--- The text of `lobule run RECIPE --help`.
---@param declared lobule.recipe.Declaration
---@return string
function M.help(declared)
  local lines = { ("%s %s: %s"):format(declared.name, declared.version, declared.title) }
  if declared.description then lines[#lines + 1] = declared.description end
  lines[#lines + 1] = ""
  lines[#lines + 1] = ("usage: lobule run %s --data FILE [--options] -o report.html")
    :format(declared.name)
  for _, input in ipairs(declared.inputs) do
    lines[#lines + 1] = ""
    lines[#lines + 1] = wrapped(dashed(input.name) .. " FILE", (input.help or "")
      .. (input.optional and " May be left out." or ""))
    lines[#lines + 1] = "  its columns, by the name they have in your file:"
    for _, column in ipairs(input.columns) do
      local lead = dashed(column.name) .. " COLUMN" .. (column.many and ",..." or "")
      lines[#lines + 1] = wrapped(lead, column_text(column))
    end
  end
  if #declared.params > 0 then
    lines[#lines + 1] = "\nParameters:"
    for _, param in ipairs(declared.params) do
      lines[#lines + 1] = wrapped(dashed(param.name) .. " " .. param.type:upper(),
        param_text(param))
    end
  end
  lines[#lines + 1] = "\nFor every recipe:"
  for _, option in ipairs(M.COMMON) do
    lines[#lines + 1] = wrapped("  " .. (option.short and option.short .. ", " or "") .. option.word
      .. (option.value and " " .. option.value or ""), option.help)
  end
  return table.concat(lines, "\n")
end

return M
