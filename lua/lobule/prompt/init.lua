--- A session of entries: whether one is complete, what running it gives, what it leaves behind. The
--- prompt on a terminal is a client of this; so can a notebook's kernel be.
local about = require "lobule.prompt.about"
local chain = require "lobule.prompt.chain"
local colour = require "lobule.colour"
local commands = require "lobule.prompt.commands"
local complete = require "lobule.prompt.complete"
local display = require "lobule.prompt.display"
local entry = require "lobule.prompt.entry"
local failure = require "lobule.failure"
local hints = require "lobule.prompt.hints"
local history = require "lobule.prompt.history"
local host = require "lobule.host"
local menu = require "lobule.prompt.menu"
local undo = require "lobule.prompt.undo"
local waiting = require "lobule.prompt.waiting"

require "lobule.prompt.commands_display"

---@class lobule.prompt.Session
---@field env table                 the variables of the session
---@field number integer            of the entry that comes next
---@field transcript table[]        entries run: { text, ok, kind, seconds }
---@field settings table
---@field loaded table               scripts that .load ran, by entry: { text, path }
---@field subject? string           what a line that begins with a colon goes on with
local Session = {}
Session.__index = Session

local M = {}

local SLOW <const> = 1 -- seconds from which on an entry's time is told unasked

--- A session in an environment.
---@param env table
---@return lobule.prompt.Session
function M.new(env)
  host.terminal() -- its width is known from here on
  about.watch(env)
  failure.hint = function(text) return hints.text(text, env) end
  return setmetatable({ env = env, number = 1, transcript = {}, loaded = {},
    settings = { time = false } }, Session)
end

--- Whether a text can be run as it stands, or wants another line.
---@param text string
---@return "complete"|"incomplete"|"invalid" state
Session.state = function(_, text)
  return (entry.state(text))
end

--- What can stand at a place of an entry.
---@param text string
---@param cursor integer            bytes before the cursor
---@return lobule.prompt.Candidate[]
---@return integer start            first byte that a candidate replaces, up to the cursor
function Session:complete(text, cursor)
  return complete.at(self, text, cursor)
end

-- What a text in quotes is whole of, so that its only candidate ends it.
local CLOSED <const> = { file = true, choice = true, term = true, topic = true }

--- The Tab key: what to put in place of the bytes from `start` to the cursor, and what to list.
---@param text string
---@param cursor integer
---@param width integer             of the terminal
---@return integer start
---@return string? replacement
---@return string? listing
function Session:tab(text, cursor, width)
  local list, start = complete.at(self, text, cursor)
  local replacement, listing = menu.choose(list, text:sub(start, cursor), width)
  local quote = #list == 1 and CLOSED[list[1].kind] and text:sub(start - 1, start - 1)
  if quote and quote:find "[\"']" and not replacement:find "/$"
    and text:sub(cursor + 1, cursor + 1) ~= quote then
    replacement = replacement .. quote
  end
  return start, replacement, listing
end

--- What to say below an entry that is not complete; nil: nothing.
---@param text string
---@param lines integer             ended by Enter
---@param pasted boolean
---@return string?
Session.hint = function(_, text, lines, pasted)
  local hint = waiting.hint(entry.without_prompts(text), lines, pasted)
  return hint and colour.of "output".paint("dim", hint)
end

--- Entries of earlier sessions, oldest first.
---@return string[]
Session.earlier = function()
  return (history.read())
end

--- Keeps an entry for later sessions, before it is run.
---@param text string
Session.remember = function(_, text)
  local kept, why = history.add(text)
  if kept or not why then return end
  io.stderr:write(colour.of "errors".paint("dim", why), "\n")
end

--- Keeps the results of an entry: `_` and `__` and `___`, and by number `_7`.
local function keep(session, value)
  local env = session.env
  env.___, env.__, env._ = rawget(env, "__"), rawget(env, "_"), value
  env["_" .. session.number] = value
end

local RUN <const> = {}

function RUN.empty() return true end

function RUN.command(session, line)
  return commands.run(session, line)
end

function RUN.help(session, topic)
  about.help(session, topic)
  return true
end

function RUN.search(session, word)
  about.search(session, word)
  return true
end

function RUN.code(session, source)
  local name = ("entry %d"):format(session.number)
  failure.add_source(name, source)
  local chunk, message = entry.compile(source, session.env, "=" .. name)
  if not chunk then error(message, 0) end
  local results = table.pack(chunk())
  session.subject = results.n > 0 and "_" or entry.assigned(source) or session.subject
  if results.n > 0 then
    keep(session, results[1])
    display.show(session, results)
  end
  return results.n
end

--- Runs an entry and shows its results.
---@param text string
---@return "ok"|"error"|"interrupted" state
---@return any problem              the error, nil without one
function Session:enter(text)
  local kind, subject = entry.read(text, self.subject)
  if subject:find "^_:" and text:find "^%s*:" and rawget(self.env, "_") == nil then
    return "error", "there is no result yet that a line beginning with ':' could go on with"
  end
  chain.forget()
  local from, before = host.clock(), undo.remember(self.env)
  local state, problem = host.protected(RUN[kind], self, subject)
  if state ~= "ok" then undo.restore(self.env, before) end
  if kind ~= "empty" then
    local seconds, n = host.clock() - from, kind == "code" and state == "ok" and problem or 0
    self.transcript[#self.transcript + 1] = { text = subject, ok = state == "ok", kind = kind,
      seconds = seconds, number = self.number, result = n > 0, results = n }
    self.number = self.number + 1
    if kind == "code" and (self.settings.time or seconds > SLOW) then display.time(seconds) end
  end
  return state, state ~= "ok" and problem or nil
end

return M
