--- An error as it is shown: where, what, the source line with a caret where the place is known, the
--- mend, and the researcher's frames.
local clean = require "lobule.clean"
local colour = require "lobule.colour"
local values = require "lobule.values"

local M = {}

local sources = {} -- chunk name -> text, of what was typed

--- Keeps the text of a chunk that is no file, so that errors can show its lines.
---@param name string               as errors have it: "entry 7"
---@param text string
function M.add_source(name, text)
  sources[name] = text
end

--- Only scripts are read again: a name that some message puts before a number may be a data file,
--- whose lines are nobody's business.
local function file_text(name)
  local ok, host = pcall(require, "lobule.host")
  local script = ok and host.script
  if not name:find "%.lua$" and name ~= script then return nil end
  local file = io.open(name, "rb")
  local text = file and file:read "a"
  if file then file:close() end
  return text
end

--- A line of a chunk, and the text before it.
local function source_line(name, number)
  local text = sources[name] or file_text(name)
  if not text then return nil end
  local i = 0
  for at, line in (text .. "\n"):gmatch "()(.-)\r?\n" do
    i = i + 1
    if i == number then return line:find "%S" and line or nil, text:sub(1, at - 1) end
  end
end

-- What a message names, as Lua and the program put it; the place in the line is where it stands.
local NAMED <const> = { "^undefined name '([^']*)'", "%(global '([^']*)'%)",
  "%(local '([^']*)'%)", "%(upvalue '([^']*)'%)", "%(field '([^']*)'%)", "%(method '([^']*)'%)",
  "unknown option '([^']*)'", "no column '([^']*)'", "has no [%a ]+ '([^']*)'" }

--- First and last byte of a word in a line, as a word if it is one; nil when it is not there.
local function find_word(line, word)
  local pattern = word:gsub("%p", "%%%0")
  if word:find "^[%w_]" then pattern = "%f[%w_]" .. pattern end
  if word:find "[%w_]$" then pattern = pattern .. "%f[^%w_]" end
  return line:find(pattern)
end

--- Where in a line the parser gave up: at the first such word with which the text up to it is
--- wrong, not only unfinished.
local function syntax_place(before, line, word)
  local at = 1
  while true do
    local from, to = line:find(word, at, true)
    if not from then return nil end
    local _, problem = load(before .. line:sub(1, to), "=entry", "t", {})
    if problem and not problem:find "<eof>$" then return from, to end
    at = to + 1
  end
end

--- The columns that a message speaks of.
local function place(before, line, message)
  if message:find "near <eof>" then return #line + 1, #line + 1 end
  local near = message:match "near '(.-)'$"
  if near and near ~= "" then return syntax_place(before, line, near) end
  for _, pattern in ipairs(NAMED) do
    local word = message:match(pattern)
    local from, to
    if word and word ~= "" then from, to = find_word(line, word) end
    if from then return from, to end
  end
end

local function display_width(text)
  return utf8.len(text) or #text
end

--- At most so many characters of a text, from its end or from its start, with a mark that it is
--- less.
local function shortened(text, width, from_end)
  local n = utf8.len(text)
  if not n or n <= width then return text end
  if from_end then return "..." .. text:sub(utf8.offset(text, n - width + 4)) end
  return text:sub(1, utf8.offset(text, width - 2) - 1) .. "..."
end

local INDENT <const>, LEAST <const> = 2, 20

--- The source line, and below it a caret under what the message speaks of. Of a line that would not
--- fit the terminal, and so tear the caret from its place, what is about the caret.
local function pointed(before, line, message, width)
  local from, to = place(before, line, message)
  line = line:gsub("\t", " "):gsub("%s+$", "")
  local first = line:find "%S"
  local room = math.max(width - INDENT, LEAST)
  if not from or from < first then
    return "  " .. shortened(line:sub(first), room)
  end
  local left, under = line:sub(first, from - 1), line:sub(from, to)
  local right = line:sub(to + 1)
  if display_width(left .. under .. right) > room then
    left = shortened(left, math.max(room // 2, room - display_width(under .. right)), true)
    right = shortened(right, math.max(room - display_width(left .. under), 3))
  end
  return ("  %s\n  %s%s"):format(left .. under .. right, (" "):rep(display_width(left)),
    ("^"):rep(math.max(display_width(under), 1)))
end

--- A traceback of one frame says what the first line has said.
local function without_single_frame(rest)
  local head, frames = rest:match "^(.-)\n?traceback:\n(.*)$"
  if not head or frames:find "\n" then return rest end
  return head
end

--- Adds the source line to an error's text.
---@param text string
---@param width? integer            of the terminal; no limit without one
---@return string
function M.explained(text, width)
  local first, rest = text:match "^([^\n]*)\n?(.*)$"
  local name, number, message = first:match "^(.-):(%d+): (.*)$"
  if not name then name, number, message = first:match "^(.-):(%d+):(.*)$" end
  rest = without_single_frame(rest)
  local has_caret = rest:find "\n?%s*%^+" ~= nil
  local line, before
  if name and not has_caret then line, before = source_line(name, math.tointeger(number)) end
  if line then first = first .. "\n" .. pointed(before, line, message, width or math.huge) end
  return rest == "" and first or first .. "\n" .. rest
end

local MOST_BYTES <const> = 64 * 1024 -- of a message; what is beyond helps nobody, and takes long

---@type (fun(text: string): string?)?   a line to add to an error
M.hint = nil

--- The error's text with what the prompt has to add.
local function with_hint(text)
  local ok, hint = pcall(M.hint or function() end, text)
  return ok and hint and text .. "\n" .. hint or text
end

--- What is shown of an error.
---@param problem any
---@return string
function M.text(problem)
  local ok, host = pcall(require, "lobule.host")
  local terminal = ok and host.terminal() or {}
  if values.is_plain(problem) or problem == nil then problem = values.raised(problem) end
  local message = tostring(problem)
  if #message > MOST_BYTES then message = message:sub(1, MOST_BYTES) .. "..." end
  local text = M.explained(clean.text(message), terminal.errors and terminal.width or nil)
  text = with_hint(text)
  if text:find "^interrupted after " then return text end -- nobody's mistake
  local colours = colour.of "errors"
  if not colours.on then return text end
  local first, rest = text:match "^([^\n]*)(.*)$"
  return colours.paint("error", first) .. rest
end

return M
