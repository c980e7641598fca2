--- The dot commands of the prompt.
local core = require "lobule.core"
local help = require "lobule.help"

local M = {}

---@class lobule.prompt.Command
---@field name string
---@field arguments string          as .help shows them
---@field help string
---@field run fun(session: lobule.prompt.Session, argument: string)

local LIST <const> = {}

local function command(name, arguments, text, run)
  LIST[#LIST + 1] = { name = name, arguments = arguments, help = text, run = run }
end

command("help", "", "this list", function()
  for _, one in ipairs(LIST) do
    print(("  %-24s %s"):format("." .. one.name .. " " .. one.arguments, one.help))
  end
end)

command("quit", "", "leave; so does Ctrl-D", function(session) session.ended = true end)

--- The commands, in the order of .help.
---@return lobule.prompt.Command[]
function M.list()
  return LIST
end

--- Runs a command's line.
---@param session lobule.prompt.Session
---@param line string               without the dot
function M.run(session, line)
  local name, argument = line:match "^(%a+)%s*(.*)$"
  local names = {}
  for i, one in ipairs(LIST) do
    if one.name == name then return one.run(session, argument) end
    names[i] = one.name
  end
  local near = core.nearest(name or line, names)
  core.raise("name", ("no command '.%s'%s"):format(name or line, near
    and (" (did you mean '.%s'?)"):format(near) or ""), ".help lists the commands.")
end

--- Help on a topic or on the object of that name.
---@param session lobule.prompt.Session
---@param topic string
function M.help(session, topic)
  local value = rawget(session.env, topic)
  help.help(value ~= nil and value or topic)
end

--- Help that mentions a word.
---@param _ lobule.prompt.Session
---@param word string
function M.search(_, word)
  help.help(word)
end

return M
