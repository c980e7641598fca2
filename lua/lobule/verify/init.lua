--- `lobule verify REPORT`: finds the script or recipe and the data of a report by their hashes,
--- runs them again, and says what holds and what moved. It writes nothing.
local compare = require "lobule.verify.compare"
local core = require "lobule.core"
local document = require "lobule.report.document"
local find = require "lobule.verify.find"
local lock = require "lobule.recipe.lock"
local rerun = require "lobule.verify.rerun"
local shape = require "lobule.verify.shape"

local M = {}

local HOLDS <const>, MOVED <const> = 0, 1
local MOST <const> = 12 -- differences shown of a kind

---@class lobule.verify.Saved
---@field path string
---@field text string
---@field kind ".html"|".json"
---@field title string
---@field provenance table
---@field results table[]

local DATA <const> = '<script type="application/json" id="lobule%-provenance">(.-)</script>'

--- The report as saved: its text, and what it says of itself.
local function read(path)
  local text = core.read_file(path)
  local kind = path:lower():match "%.%w+$"
  local json
  if kind == ".html" then
    json = text:match(DATA)
  elseif kind == ".json" then
    json = text
  else
    core.raise("argument", ("%s: only .html and .json reports can be verified"):format(path),
      "The other formats do not hold what they were made from.")
  end
  local ok, data = pcall(core.json_decode, json or "")
  if ok and type(data) == "table" and data.share == true then
    core.raise("data", ("%s: a file of --share holds aggregates only"):format(path),
      "Verify the report of the same run, or run again with --locked.")
  end
  if json and not ok then
    core.raise("data", ("%s: what it was made from is no JSON: %s"):format(path,
      tostring(data):match "^[^\n]*"), "It was cut off or edited.")
  end
  if not ok or type(data) ~= "table" or type(data.provenance) ~= "table" then
    core.raise("data",
      ("%s: this is no report of Lobule, or what it was made from is cut out"):format(path))
  end
  local saved = { path = path, text = text, kind = kind, title = data.title,
    provenance = data.provenance, results = data.results or {} }
  shape.check(saved)
  return saved
end

local function say(mark, text, ...)
  print(("%-7s %s"):format(mark, text:format(...)))
end

--- What the report rests on, as found now; the number of things that are not as they were.
local function check_ground(saved, ground)
  local n = 0
  if saved.provenance.lobule ~= core.version then
    n = n + 1
    say("moved", "the report was made by Lobule %s, this is %s", tostring(saved.provenance.lobule),
      core.version)
  else
    say("holds", "Lobule %s", core.version)
  end
  for _, file in ipairs(ground.files) do
    if file.same then
      say("holds", "%s %s (%s)", file.role, file.name, file.path)
    elseif file.path then
      n = n + 1
      say("moved", "%s %s is not the file that the report was made from", file.role, file.name)
      say("", "%s has SHA-256 %s..., the report says %s...", file.path, file.sha256:sub(1, 12),
        tostring(file.wanted):sub(1, 12))
    end
  end
  return n
end

local function check_missing(saved, ground)
  for _, file in ipairs(ground.files) do
    if not file.path then
      core.raise("io", ("%s: %s '%s' is not found"):format(saved.path, file.role, file.name),
        ("It is looked for by its hash beside the report, in the working folder and below them; "
          .. "--%s FILE or --in FOLDER says where it is."):format(file.role))
    end
  end
end

--- Says what changed in each of the results; the number of changes.
local function say_changes(differing)
  local n = 0
  for _, one in ipairs(differing) do
    n = n + #one.changes
    say("moved", "%s", one.name)
    for i, change in ipairs(one.changes) do
      if i > MOST then
        say("", "... and %d more numbers", #one.changes - MOST)
        break
      end
      say("", "%s", change)
    end
  end
  return n
end

--- The results of the report one by one, then those that the recipe names.
local function check_results(saved, report)
  local differing = compare.results(saved.results, report.records)
  local n = say_changes(differing)
  local same = #saved.results - #differing
  if same > 0 then say("holds", "%d of %d results, to the last digit", same, #saved.results) end
  local recipe <const> = rawget(report, "recipe")
  if not recipe then return n end
  local named, n_named = compare.named(saved.provenance.recipe.results,
    lock.named(recipe.results, report.records), saved.results, report.records)
  if n_named > #named then
    say("holds", "%d of %d named results", n_named - #named, n_named)
  end
  return n + say_changes(named)
end

local function fingerprint(text)
  return text:match "SHA256:[%w+/=]+"
end

--- The signature's line by itself: a recipe may be signed after its report was made, and signers
--- become known. 1 when it tells something else.
local function check_signature(saved, report)
  local recipe <const> = rawget(report, "recipe")
  if not recipe then return 0 end
  local before, now = tostring(saved.provenance.recipe.signed), recipe.signed
  recipe.signed = before -- the text is compared as the report has it
  if before == now then return 0 end
  if before == "unsigned" and fingerprint(now) then
    say("holds", "the recipe, signed since the report was made: %s", now)
    return 0
  end
  if fingerprint(before) and fingerprint(before) == fingerprint(now) then return 0 end
  say("moved", "the recipe's signature: the report says '%s', now it is '%s'", before, now)
  return 1
end

--- What a reader sees, line by line. Where results and ground hold, a difference was made by hand;
--- where they do not, the text follows from them.
local function check_text(saved, report, by_hand)
  local renderer = require(saved.kind == ".html" and "lobule.report.html" or "lobule.report.json")
  local text = renderer.render(document.build(report), saved.path)[1].text
  if text == saved.text then
    say("holds", "the report itself, byte for byte")
    return 0
  end
  local changes, unseen = compare.lines(saved.text, text)
  if not by_hand then
    say("moved", "%d lines of the report's text and %d of its drawings follow from that", #changes,
      unseen)
    return #changes + unseen
  end
  for i, change in ipairs(changes) do
    if i > MOST then
      say("", "... and %d more lines", #changes - MOST)
      break
    end
    say("edited", "%s", change.place)
    say("", "in the report:  %s", change.before)
    say("", "run again:      %s", change.after)
  end
  if unseen > 0 then
    say("edited", "%d line%s of drawings or styles", unseen, unseen == 1 and "" or "s")
  end
  return #changes + unseen
end

--- Verifies a report.
---@param path string
---@param where? lobule.verify.Where
---@return boolean holds
function M.verify(path, where)
  local saved = read(path)
  local ground = find.ground(saved, where)
  local moved = check_ground(saved, ground)
  check_missing(saved, ground)
  local report = rerun.report(saved, ground)
  moved = moved + check_signature(saved, report)
  local n_results = check_results(saved, report)
  local n_text = check_text(saved, report, moved == 0 and n_results == 0)
  local holds = moved + n_results + n_text == 0
  print(holds and ("%s: everything holds"):format(path)
    or ("%s: not everything holds"):format(path))
  return holds
end

local USAGE <const> = "usage: lobule verify report.html [--data FILE] [--recipe FILE] "
  .. "[--script FILE] [--map FILE] [--in FOLDER]"
local OPTIONS <const> = { "--data", "--recipe", "--script", "--map", "--in" }

local function unknown(word)
  local near = core.nearest(word, OPTIONS)
  core.raise("argument", ("unknown option %s%s"):format(word,
    near and (" (did you mean %s?)"):format(near) or ""), USAGE)
end

--- The report's path and where the rest is said to be.
local function parse(words)
  local where, path, i = { data = {}, folders = {} }, nil, 1
  local lists <const> = { data = where.data, ["in"] = where.folders }
  while words[i] do
    local word, value = words[i]:match "^(%-%-%w+)=(.*)$"
    word = word or words[i]
    if word:sub(1, 1) == "-" then
      local name = word:sub(3)
      local known = false
      for _, option in ipairs(OPTIONS) do known = known or option == word end
      if not known then unknown(word) end
      if value == nil then
        i, value = i + 1, words[i + 1]
      end
      if value == nil then core.raise("argument", "a value is missing after " .. word) end
      if lists[name] then table.insert(lists[name], value) else where[name] = value end
    elseif path then
      core.raise("argument", USAGE)
    else
      path = word
    end
    i = i + 1
  end
  if not path then core.raise("argument", USAGE) end
  return path, where
end

--- `lobule verify REPORT`.
---@param words string[]
---@return integer status           0 all holds, 1 something moved
function M.run(words)
  if words[1] == "--help" then
    print(USAGE)
    return HOLDS
  end
  return M.verify(parse(words)) and HOLDS or MOVED
end

return M
