--- Earlier entries, kept between sessions: a line "#" with the time, then the entry as typed. Two
--- sessions may write at once.
local host = require "lobule.host"

local M = {}

local MOST <const> = 10000 -- entries that are read back
local MOST_BYTES <const> = 4 * 2 ^ 20 // 1

local told = false -- that it cannot be written

--- Where the history is kept; nil without a home.
---@return string?
function M.path()
  local state, home = os.getenv "XDG_STATE_HOME", os.getenv "HOME"
  if state and state:find "^/" then return state .. "/lobule/history" end
  -- A relative one would leave a history in every folder.
  return home and home:find "^/" and home .. "/.local/state/lobule/history" or nil
end

--- The entries of a history's text, oldest first; the same entry twice in a row counts once.
---@param text string
---@return string[]
function M.entries(text)
  local list, lines = {}, nil
  local function close()
    local entry = lines and table.concat(lines, "\n")
    if entry and entry ~= "" and entry ~= list[#list] then list[#list + 1] = entry end
    lines = nil
  end
  for line in text:gmatch "([^\n]*)\n" do
    if line:find "^#%d+$" then
      close()
      lines = {}
    elseif lines then
      lines[#lines + 1] = line
    end
  end
  close()
  return #list > MOST and table.move(list, #list - MOST + 1, #list, 1, {}) or list
end

--- The entries of earlier sessions.
---@return string[]
function M.read()
  local path = M.path()
  if not path or host.path_kind(path) ~= "file" then return {} end
  local file = io.open(path, "rb")
  if not file then return {} end
  local length = file:seek "end"
  file:seek("set", math.max(0, length - MOST_BYTES)) -- what is cut in two begins no entry
  local text = file:read(MOST_BYTES) or ""
  file:close()
  return M.entries(text)
end

--- Adds an entry before it is run, so that no crash loses it. One that begins with a blank is not
--- kept.
---@param entry string
---@return boolean kept
---@return string? why              not, the first time that it cannot be written
function M.add(entry)
  local path = M.path()
  if not path or entry:find "^%s" or entry == "" then return false end
  local kept, problem = host.append_private(path, ("#%d\n%s\n"):format(os.time(), entry))
  if kept or told then return kept or false end
  told = true
  local kind = host.path_kind(path)
  return false, ("(the history is not kept: %s %s)"):format(path,
    kind == "link" and "is a link, and links are not followed" or kind == "folder"
    and "is a folder" or "cannot be written: " .. problem:lower())
end

return M
