--- For the specs of Word files: reads stored zip entries, checks XML, finds programs.
local M = {}

--- The entries of an archive of stored files.
---@return table<string, string> parts
---@return string[] names           in the order of the archive
function M.unzip(bytes)
  local parts, names, at = {}, {}, 1
  while bytes:sub(at, at + 3) == "PK\3\4" do
    local method, time, day = ("<I2I2I2"):unpack(bytes, at + 8)
    local size, name_length, extra = ("<I4I2I2"):unpack(bytes, at + 22)
    assert(method == 0 and time == 0 and day == 0x21 and extra == 0, "not a plain stored entry")
    local name = bytes:sub(at + 30, at + 29 + name_length)
    local first = at + 30 + name_length
    parts[name] = bytes:sub(first, first + size - 1)
    names[#names + 1] = name
    at = first + size
  end
  assert(bytes:sub(at, at + 3) == "PK\1\2", "no directory after the entries")
  return parts, names
end

--- Tags open and close in order: true, or false and the tag that does not.
function M.well_formed(xml)
  local stack = {}
  for close, name, rest in xml:gmatch "<(/?)([%a_][%w:_.-]*)([^<>]*)>" do
    if close == "/" then
      if table.remove(stack) ~= name then return false, name end
    elseif rest:sub(-1) ~= "/" then
      stack[#stack + 1] = name
    end
  end
  return #stack == 0, stack[#stack]
end

--- How often a plain text stands in another.
function M.count(text, word)
  local n, at = 0, 1
  while true do
    local from, to = text:find(word, at, true)
    if not from then return n end
    n, at = n + 1, to + 1
  end
end

--- Is a program installed?
function M.has(program)
  local pipe = io.popen("command -v " .. program .. " 2>/dev/null")
  local found = pipe:read "a" ~= ""
  pipe:close()
  return found
end

--- What a command prints, and whether it succeeded.
function M.run(command)
  local pipe = io.popen(command .. " 2>&1")
  local text = pipe:read "a"
  return text, pipe:close() == true
end

return M
