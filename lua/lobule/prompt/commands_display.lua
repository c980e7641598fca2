--- The dot commands that say how results are shown.
local commands = require "lobule.prompt.commands"
local core = require "lobule.core"
local display = require "lobule.prompt.display"

commands.add("pager", "on|off", "whether results higher than the screen go to the pager (on)",
  function(session, argument)
    if argument ~= "on" and argument ~= "off" then
      core.raise("argument", ".pager takes on or off")
    end
    session.settings.pager = argument == "on"
  end)

commands.add("last", "", "the last result whole, in the pager", function(session)
  local value = rawget(session.env, "_")
  if value == nil then core.raise("argument", "there is no result yet") end
  display.show_whole(value)
end)
