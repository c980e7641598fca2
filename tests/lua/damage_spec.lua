--- Files that are cut off or damaged, and reports that cannot be written: an error, never fewer
--- rows and never half of the files.
local lb = require "lobule"

local folder
local function path(name)
  return folder .. "/" .. name
end

local function bytes(name)
  local file <close> = assert(io.open(path(name), "rb"))
  return file:read "a"
end

local function write(name, text)
  local file <close> = assert(io.open(path(name), "wb"))
  file:write(text)
  return path(name)
end

local function error_of(f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  return tostring(err)
end

local function has(text, part)
  assert.is_truthy(text:find(part, 1, true), text)
end

local function exists(name)
  local file = io.open(path(name), "rb")
  if file then file:close() end
  return file ~= nil
end

setup(function()
  folder = os.tmpname()
  os.remove(folder)
  os.execute("mkdir " .. folder)
end)
teardown(function() os.execute("rm -r " .. folder) end)

describe("damaged files", function()
  it("of SAS, SPSS and Stata with a variable that lost its name are refused", function()
    local frame = lb.frame { { "id", { 1, 2 } } }
    for kind, width in pairs { sav = 8, dta = 3, xpt = 8 } do
      frame:save(path("m." .. kind))
      local s = bytes("m." .. kind)
      local name = kind == "sav" and "ID      " or kind == "xpt" and "id      " or "id\0"
      local at = s:find(name, 1, true)
      assert.is_truthy(at, kind)
      local hurt = s:sub(1, at - 1) .. ("\0"):rep(width) .. s:sub(at + width)
      has(error_of(lb.read, write("hurt." .. kind, hurt)), "damaged")
    end
  end)

  it("of SAS transport that end inside a row are refused", function()
    local rows = { n = 101 }
    for i = 1, 101 do rows[i] = i + 0.5 end
    lb.frame({ { "x", rows }, { "y", rows }, { "z", rows } }):save(path "t.xpt")
    local s = bytes "t.xpt"
    assert.are.equal(101, #lb.read(path "t.xpt"))
    -- 24 bytes a row; the data ends with blanks up to 80
    has(error_of(lb.read, write("t1.xpt", s:sub(1, #s - 80 * 5))), "cut off: row")
    has(error_of(lb.read, write("t2.xpt", s:sub(1, #s - 403))), "cut off")
    -- rows whole, but the last block is not: told
    local told = lb.cohort(write("t4.xpt", (s:gsub(" +$", ""))))
    assert.are.equal(101, #told)
    has(told:problems():column("message")[1], "may be cut off")
  end)

  it("of SQLite are refused when cut off or with broken pages", function()
    local ids, texts = {}, {}
    for i = 1, 200 do ids[i], texts[i] = i, ("text %d "):format(i):rep(20) end
    lb.frame({ { "id", ids }, { "t", texts } }):save(path "d.sqlite")
    local s = bytes "d.sqlite"
    has(error_of(lb.read, write("half.sqlite", s:sub(1, #s // 2))), "cut off")
    local hurt = s:sub(1, #s // 2) .. ("\0"):rep(4096) .. s:sub(#s // 2 + 4097)
    has(error_of(lb.read, write("hurt.sqlite", hurt)), "damaged")
    assert.are.equal(200, #lb.read(path "d.sqlite"))
  end)
end)

describe("reports", function()
  it("are written whole or not at all", function()
    local report = lb.report({ title = "x" }):text "new"
    write("c.md", "old")
    os.execute("mkdir " .. path "d.html")
    has(error_of(report.save, report, { path "a.html", path "nofolder/b.html" }), "no folder")
    assert.is_false(exists "a.html")
    has(error_of(report.save, report, { path "c.md", path "d.html" }), "is a folder")
    assert.are.equal("old", bytes "c.md")
    has(error_of(report.save, report, { path "paper/", path "d.html" }), "is a folder")
    assert.is_false(exists "paper")
    local left = io.popen("ls -A " .. folder):read "a"
    assert.is_nil(left:find("%.[ac]%.%w+%."), left) -- no temporary files
    report:save { path "c.md", path "e.html" }
    has(bytes "c.md", "new")
  end)
end)
