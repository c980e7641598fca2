--- The diagram of transitions: states with persons and those last seen there, moves with counts.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"

local OPTIONS <const> = { { "title", "string" }, { "width_mm", "positive", 183 } }

---@param self lobule.Transitions
---@param options? table
---@return lobule.Figure
return function(self, options)
  local opts <const> = check.options(options, OPTIONS)
  if #self.states > 8 then
    core.raise("argument", ("%d states do not fit one diagram: at most 8"):format(#self.states),
      "tidy() lists the moves.")
  end
  local states, moves, words = {}, {}, {}
  for k, name in ipairs(self.states) do
    local last <const> = self.counts[k][#self.states + 1]
    states[k] = { label = name, lines = { format.count(self.summary.visited[k]) .. " persons",
      last > 0 and format.count(last) .. " last seen here" or nil } }
    for to, other in ipairs(self.states) do
      local n <const> = self.counts[k][to]
      if n > 0 and to ~= k then
        moves[#moves + 1] = { from = k, to = to, n = n }
        words[#words + 1] = ("%s to %s %s"):format(name, other, format.count(n))
      end
    end
  end
  local ever = {}
  for k, name in ipairs(self.states) do
    ever[k] = ("%s %s"):format(name, format.count(self.summary.visited[k]))
  end
  return (require("lobule.figure").states { title = opts.title or self.title .. ", "
    .. self.info.formula, width_mm = opts.width_mm, states = states, moves = moves,
    desc = ("Diagram of states with arrows. Persons ever there: %s. Moves: %s."):format(
      table.concat(ever, ", "), #words > 0 and table.concat(words, "; ") or "none") })
end
