--- A figure before the eyes: in the terminal where it can draw (kitty's protocol), else in the
--- browser, else as a file whose path is told.
local save = require "lobule.figure.save"
local core = require "lobule.core"

local M = {}

local SCREEN <const> = 110 -- dots per inch of a figure in a terminal
local CHUNK <const> = 4096 -- bytes of base64 in one escape sequence, the most kitty takes

local DIGITS <const> = {}
for c in ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"):gmatch "." do
  DIGITS[#DIGITS + 1] = c
end

--- Bytes as base64 (RFC 4648).
---@param bytes string
---@return string
function M.base64(bytes)
  local parts = {}
  for i = 1, #bytes, 3 do
    local a, b, c = bytes:byte(i, i + 2)
    local n = a << 16 | (b or 0) << 8 | (c or 0)
    parts[#parts + 1] = DIGITS[(n >> 18) + 1] .. DIGITS[(n >> 12 & 63) + 1]
      .. (b and DIGITS[(n >> 6 & 63) + 1] or "=") .. (c and DIGITS[(n & 63) + 1] or "=")
  end
  return table.concat(parts)
end

--- A PNG image as kitty's graphics protocol draws it at the cursor.
---@param png string
---@return string
function M.kitty(png)
  local text, parts = M.base64(png), {}
  for at = 1, #text, CHUNK do
    local more = at + CHUNK <= #text and 1 or 0
    local keys = at == 1 and "a=T,f=100,q=2,m=" or "m="
    parts[#parts + 1] = ("\27_G%s%d;%s\27\\"):format(keys, more, text:sub(at, at + CHUNK - 1))
  end
  return table.concat(parts) .. "\n"
end

--- Where a figure is shown.
---@param environment fun(name: string): string?   os.getenv
---@param is_terminal boolean
---@return "kitty"|"browser"|"path"
function M.place(environment, is_terminal)
  local function is_set(name)
    local value = environment(name)
    return value ~= nil and value ~= ""
  end
  if is_terminal then
    local term, program = environment "TERM" or "", environment "TERM_PROGRAM" or ""
    -- Inside tmux or screen the sequences would not get through.
    local inside = is_set "TMUX" or is_set "STY"
    local known = is_set "KITTY_WINDOW_ID" or term:find "kitty" or term:find "ghostty"
      or program == "WezTerm" or program == "ghostty"
    if known and not inside and term ~= "dumb" then return "kitty" end
  end
  if is_set "DISPLAY" or is_set "WAYLAND_DISPLAY" then return "browser" end
  return "path"
end

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local shown = 0 -- figures that have a file of this session

--- The figure as a file of the session, which goes when the session ends.
local function write(figure, host)
  local folder, why = host.session_folder()
  if not folder then core.raise("io", "no temporary folder: " .. why) end
  shown = shown + 1
  local path = ("%s/figure-%d.svg"):format(folder, shown)
  core.write_file(path, figure:svg())
  return path
end

--- Draws a figure in the terminal; false when what draws PNG is not installed.
local function draw(figure)
  local ok, png = pcall(save.png, figure, SCREEN)
  if not ok then return false end
  io.stdout:write(M.kitty(png))
  io.stdout:flush()
  return true
end

--- Shows a figure.
---@param figure lobule.Figure
function M.show(figure)
  local ok, host = pcall(require, "lobule.host")
  if not ok then
    core.raise("argument", "figures are shown by the program lobule", "Here :save writes a file.")
  end
  local place = M.place(os.getenv, host.terminal().output)
  if place == "kitty" then
    if draw(figure) then return end
    place = M.place(os.getenv, false)
  end
  local path = write(figure, host)
  local command = "command -v xdg-open >/dev/null && { xdg-open %s >/dev/null 2>&1 </dev/null & }"
  if place == "browser" and os.execute(command:format(quoted(path))) then
    print("shown in the browser: " .. path)
  else
    print(path .. "   (until the session ends; :save keeps it)")
  end
end

return M
