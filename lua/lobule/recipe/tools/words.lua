--- The words of a `lobule recipe` command: what is named, and its options.
local core = require "lobule.core"

local M = {}

local function usage(text, mend)
  core.raise("argument", text, mend)
end

--- Words and options.
---@param given string[]
---@param spec table                usage: one line; least, most: how many words; options: by name,
---                                 "flag" or "value"; short: a letter's option
---@return string[] words
---@return table<string, string|boolean> options
---@raise an unknown option, a missing value, too few or too many words
function M.parse(given, spec)
  local words, options, i = {}, {}, 1
  local names = {}
  for name in next, spec.options or {} do names[#names + 1] = name end
  table.sort(names)
  local rest = false
  while given[i] do
    local word = given[i]
    local name, value = word:match "^%-%-([%w-]+)=(.*)$"
    name = name or word:match "^%-%-([%w-]+)$" or (spec.short or {})[word:match "^%-(%a)$"]
    if word == "--" and not rest then
      rest = true
    elseif rest or word:sub(1, 1) ~= "-" or word == "-" then
      words[#words + 1] = word
    else
      local kind = name and (spec.options or {})[name]
      if not kind then
        local near = name and core.nearest(name, names)
        usage(("unknown option %s%s"):format(word, near and (" (did you mean --%s?)"):format(near)
          or ""), "usage: " .. spec.usage)
      end
      if kind == "flag" and value then usage(("--%s takes no value"):format(name)) end
      if kind == "value" and not value then
        i = i + 1
        value = given[i] or usage(("a value is missing after %s"):format(word))
      end
      options[name] = value or true
    end
    i = i + 1
  end
  if #words < (spec.least or 0) or #words > (spec.most or 0) then usage("usage: " .. spec.usage) end
  return words, options
end

return M
