--- Whether the level that is taken as censored, because it comes first, looks like censoring: a
--- factor made of text has its levels by the alphabet.
local core = require "lobule.core"

-- How such levels begin, in lower case.
local WORDS <const> = { "cens", "none", "no ", "no_", "no-", "alive", "event-free", "event free",
  "free", "lost", "ongoing", "without", "end of", "0" }

local function looks_censored(level)
  level = level:lower()
  if level == "no" then return true end
  for _, word in ipairs(WORDS) do
    if level:sub(1, #word) == word then return true end
  end
  return false
end

--- What to say of the first level as censoring, when nobody said which level it is.
---@param info table                censored, causes
---@return string? warning
---@raise another level looks like censoring, and the first does not
return function(info)
  if looks_censored(info.censored) then return nil end
  for _, level in ipairs(info.causes) do
    if looks_censored(level) then
      core.raise("data", ("the first level of the event, '%s', would mean censored, and '%s' be a "
        .. "cause"):format(info.censored, level), ("Say which it is: censored = \"%s\"; or make it "
        .. "the first level with :relevel."):format(level))
    end
  end
  return ("the first level of the event, '%s', is taken as censored: censored = \"...\" says which "
    .. "level it is"):format(info.censored)
end
