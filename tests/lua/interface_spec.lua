--- The stubs in lua/meta against the live module, both ways; every public function has a docstring.
local core = require "lobule.core"
local docs = require "lobule.docs"
local lb = require "lobule"

local function declared(text)
  local names = {}
  for owner, sep, name in text:gmatch "\nfunction (%w+)([.:])([%w_]+)%(" do names[owner .. sep
    .. name] = true end
  return names
end

describe("lua/meta/core*.lua", function()
  local names = declared(docs.source "meta/core.lua" .. docs.source "meta/core_models.lua"
    .. docs.source "meta/core_verbs.lua" .. docs.source "meta/core_multistate.lua"
    .. docs.source "meta/core_survival.lua")

  it("declares every function of lobule.core", function()
    for name, value in pairs(core) do
      if type(value) == "function" then assert.is_true(names["core." .. name] or false, name) end
    end
  end)

  it("declares nothing that is not there", function()
    for name in pairs(names) do
      local field = name:match "^core%.(.*)"
      if field then assert.are.equal("function", type(core[field]), name) end
    end
    local frame = core.frame { { "x", { 1.0 } } }
    local objects = { Frame = frame, Column = frame:column "x", With = core.with {} }
    for name in pairs(names) do
      local class, method = name:match "^(%w+):(.*)"
      if objects[class] then assert.are.equal("function", type(objects[class][method]), name) end
    end
  end)
end)

describe("docstrings", function()
  it("stand before every public function", function()
    local known = {}
    for _, entry in ipairs(docs.entries()) do known[entry.name] = #entry.doc end
    for _, space in ipairs { "survival", "categorical", "figure", "meta" } do
      for name, value in pairs(lb[space]) do
        if type(value) == "function" then
          assert.is_truthy(known[("lb.%s.%s"):format(space, name)], space .. "." .. name)
        end
      end
    end
    for name, value in pairs(lb) do
      if type(value) == "function" then assert.is_truthy(known["lb." .. name], name) end
    end
  end)

  it("answer help by name, by function and by word", function()
    local help = require "lobule.help"
    assert.is_truthy(help.text("survival.km"):find("Kaplan", 1, true))
    assert.is_truthy(help.text(lb.survival.cox):find("Cox", 1, true))
    assert.is_truthy(help.text("cohort"):find("cohort:filter", 1, true))
    assert.is_truthy(help.text("expressions"):find("coalesce", 1, true))
    local text, found = help.text "survival.kn"
    assert.is_false(found)
    assert.is_truthy(text:find("survival.km", 1, true))
  end)
end)
