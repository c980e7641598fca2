--- The dot commands of the prompt.
local chain = require "lobule.prompt.chain"
local core = require "lobule.core"
local entry = require "lobule.prompt.entry"
local host = require "lobule.host"
local offers = require "lobule.prompt.offers"
local script = require "lobule.prompt.script"

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

command("time", "on|off", "show how long each entry takes", function(session, argument)
  if argument ~= "on" and argument ~= "off" then
    core.raise("argument", ".time takes on or off")
  end
  session.settings.time = argument == "on"
end)

command("history", "[N]", "the last N entries (20)", function(session, argument)
  local n = argument == "" and 20 or math.tointeger(tonumber(argument))
  if not n or n < 1 then core.raise("argument", ".history takes a number from 1") end
  local list = session.transcript
  for i = math.max(1, #list - n + 1), #list do
    local one = list[i]
    local dot = one.kind == "command" and "." or one.kind == "help" and "?" or ""
    print(("%4d  %s%s%s"):format(one.number, dot, (one.text:gsub("\n", "\n      ")),
      one.ok and "" or "   (failed)"))
  end
end)

local function shown_kind(value)
  local thing = chain.of(value)
  if thing.frame then
    return ("%s, %d rows, %d columns"):format(thing.class, #thing.frame, #thing.frame:names())
  end
  return thing.class or type(value)
end

command("vars", "", "what the session holds", function(session)
  local names = {}
  for name in next, session.env do
    if type(name) == "string" and not name:find "^_+%d*$" and name ~= "lb" and name ~= "help" then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    print(("  %-20s %s"):format(name, shown_kind(session.env[name])))
  end
  if #names == 0 then print "nothing yet" end
end)

--- A path as it is typed behind a command: in quotes or not, "~" for the home folder.
local function path_of(argument)
  local bare = argument:match '^"(.*)"$' or argument:match "^'(.*)'$" or argument
  return (offers.at_home(bare))
end

command("save", "FILE", "the entries that worked as a script, run again to check",
  function(session, argument)
    if argument == "" then core.raise("argument", ".save needs a file: .save nets.lua") end
    argument = path_of(argument)
    script.check_target(argument)
    local text, n = script.text(session)
    core.write_file(argument, text)
    print(("%s: %d %s"):format(argument, n, n == 1 and "entry" or "entries"))
    local differing, compared = script.compare(session)
    if #differing == 0 then
      print(compared == 0 and "run again from nothing: it runs; there is no variable to compare"
        or ("run again from nothing: all %d variables are the same"):format(compared))
    else
      print("run again from nothing, these differ: " .. table.concat(differing, ", "))
    end
  end)

command("load", "FILE", "run a script here, its locals kept", function(session, argument)
  if argument == "" then core.raise("argument", ".load needs a file: .load nets.lua") end
  argument = path_of(argument)
  local text = core.read_file(argument):gsub("^\xef\xbb\xbf", ""):gsub("^#[^\n]*", "")
  local chunk, message = entry.compile(text, session.env, "@" .. argument)
  if not chunk then core.raise("parse", message) end
  chunk()
  session.loaded[session.number] = { text = text, path = argument }
end)

--- Runs the user's editor on a text; the new text.
local function edited(text)
  local editor = os.getenv "VISUAL" or os.getenv "EDITOR" or "vi"
  local path = os.tmpname()
  local function run()
    core.write_file(path, text)
    if not os.execute(("%s '%s'"):format(editor, path)) then
      core.raise("io", (".edit: the editor '%s' did not end well: nothing is run"):format(editor),
        "The environment variable EDITOR says which editor is used.")
    end
    if host.path_kind(path) ~= "file" then
      core.raise("io", (".edit: the editor '%s' has left no file: nothing is run"):format(editor),
        "The entry is as it was.")
    end
    return core.read_file(path)
  end
  local ok, result = pcall(run)
  os.remove(path)
  if not ok then error(result, 0) end
  return (result:gsub("%s+$", ""))
end

command("edit", "[N]", "the last entry, or entry N, in your editor; then it runs",
  function(session, argument)
    local n, text = math.tointeger(tonumber(argument)), argument == "" and "" or nil
    for _, one in ipairs(session.transcript) do
      if one.kind == "code" and (argument == "" or one.number == n) then text = one.text end
    end
    if not text then
      core.raise("argument", (".edit: there is no entry '%s' of code"):format(argument),
        ".history lists the entries with their numbers.")
    end
    local changed = edited(text)
    if changed == "" then return end
    print(changed)
    session:remember(changed)
    local state, problem = session:enter(changed)
    if state ~= "ok" then error(problem, 0) end
  end)

local function raise_folder(name, path, why)
  local kind = host.path_kind(path)
  if kind == nil then
    core.raise("io", ("%s: no folder '%s'"):format(name, path), ".ls lists what is there.")
  elseif kind == "folder" or kind == "link" then
    core.raise("io", ("%s: '%s' cannot be read%s"):format(name, path,
      why and ": " .. why:lower() or ""))
  end
  core.raise("io", ("%s: '%s' is no folder"):format(name, path))
end

command("cd", "[FOLDER]", "change the working folder; without one, show it",
  function(_, argument)
    local path = argument ~= "" and path_of(argument) or nil
    local now, why = host.change_folder(path)
    if not now then raise_folder(".cd", path, why) end
    print(now)
  end)

command("ls", "[FOLDER]", "the files of a folder", function(_, argument)
  local path = argument ~= "" and path_of(argument) or "."
  local names = host.folder(path)
  if not names then raise_folder(".ls", path) end
  for _, name in ipairs(names) do
    if name:sub(1, 1) ~= "." then print("  " .. name) end
  end
end)

command("quit", "", "leave; so does Ctrl-D", function(session) session.ended = true end)

M.add = command

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
    if one.name == name then
      one.run(session, argument)
      return
    end
    names[i] = one.name
  end
  local near = core.nearest(name or line, names)
  core.raise("name", ("no command '.%s'%s"):format(name or line, near
    and (" (did you mean '.%s'?)"):format(near) or ""), ".help lists the commands.")
end

return M
