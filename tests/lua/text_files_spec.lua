--- Texts in files: blanks at their ends stay, zero bytes are not written.
local lb = require "lobule"

describe("texts", function()
  it("keep their blanks in every format that can", function()
    local texts = { "a ", " b", "c", "a ", "x  y " }
    for _, kind in ipairs { "csv", "xlsx", "sqlite" } do
      local path = os.tmpname() .. "." .. kind
      lb.frame({ { "t", texts }, { "n", { 1, 2, 3, 4, 5 } } }):save(path)
      local again = lb.read(path)
      for i, text in ipairs(texts) do assert.are.equal(text, again:column("t")[i], kind) end
      os.remove(path)
    end
  end)

  it("with a zero byte are refused where they would be lost", function()
    local frame = lb.frame { { "x", { 1, 2 } }, { "note", { "a", "b\0c" } } }
    for _, kind in ipairs { "csv", "xlsx", "sqlite" } do
      local path = os.tmpname() .. "." .. kind
      local ok, err = pcall(frame.save, frame, path)
      assert.is_false(ok, kind)
      assert.is_truthy(tostring(err):find("column 'note': the text of row 2 holds a zero byte", 1,
        true), tostring(err))
      assert.is_nil(io.open(path))
    end
  end)
end)
