--- A column whose type alone changed is a change.
local lb = require "lobule"

describe("lb.diff", function()
  it("names a column that went from integer to real without a changed cell", function()
    local a = lb.frame { { "id", { 1, 2 } }, { "x", { 1, 2 }, "integer" }, { "y", { 1, 2 } } }
    local b = lb.frame { { "id", { 1, 2 } }, { "x", { 1, 2 }, "real" }, { "y", { 1, 2 } } }
    local diff = lb.diff(a, b, { id = "id" })
    assert.is_truthy(tostring(diff):find("x: was integer, is real; 0 cells", 1, true))
    assert.are.equal(1, #diff:tidy())
    assert.are.equal(0, diff:tidy():column("n_changed")[1])
    assert.are.equal("real", diff:tidy():column("type_after")[1])
    assert.are.equal(0, #diff:changes())
    assert.are.equal(0, diff.n_changed)
  end)
end)
