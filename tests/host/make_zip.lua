-- Archives that no honest program packs, for tests/host/recipe_tools.sh: KIND OUT.zip RECIPE.lua
local core = require "lobule.core"
local kind, out, path = ...
local source = core.read_file(path)
local name = path:match "[^/]*$"

--- The archive with the first entry's mode in its directory, as a Unix packer writes it.
local function with_mode(zip, mode)
  local at = zip:find("PK\1\2", 1, true)
  return zip:sub(1, at + 3) .. string.pack("<I2", 3 << 8 | 20) .. zip:sub(at + 6, at + 37)
    .. string.pack("<I4", mode << 16) .. zip:sub(at + 42)
end

--- An archive of one deflated part, made of what gzip made of it.
local function deflated(part, gz, length)
  local data, crc = gz:sub(11, -9), string.unpack("<I4", gz, #gz - 7)
  local sizes = string.pack("<I4 I4 I4 I2 I2", crc, #data, length, #part, 0)
  local head = string.pack("<I2 I2 I2 I2 I2", 20, 0, 8, 0, 0x21)
  local body = "PK\3\4" .. head .. sizes .. part .. data
  local directory = "PK\1\2" .. string.pack("<I2", 20) .. head .. sizes
    .. string.pack("<I2 I2 I2 I4 I4", 0, 0, 0, 0, 0) .. part
  return body .. directory .. "PK\5\6" .. string.pack("<I2 I2 I2 I2 I4 I4 I2", 0, 0, 1, 1,
    #directory, #body, 0)
end

local MAKE <const> = {
  above = function() return core.zip({ "../" .. name }, { source }) end,
  folder = function() return core.zip({ "recipes/" .. name }, { source }) end,
  blank = function() return core.zip({ "a b.lua" }, { source }) end,
  hidden = function() return core.zip({ "." .. name }, { source }) end,
  absolute = function() -- the writer refuses such a name
    local zip = core.zip({ "x" .. name }, { source })
    return (zip:gsub("x" .. name:gsub("%p", "%%%0"), "/" .. name))
  end,
  link = function() return with_mode(core.zip({ name }, { "/etc/passwd" }), 0xA1FF) end,
  device = function() return with_mode(core.zip({ name }, { "" }), 0x21B6) end,
  file = function() return with_mode(core.zip({ name }, { source }), 0x81A4) end,
  cut = function() return core.zip({ name }, { source }):sub(1, -30) end,
  many = function()
    local names, texts = {}, {}
    for i = 1, 300 do names[i], texts[i] = "f" .. i, "" end
    return core.zip(names, texts)
  end,
  bomb = function() -- 200 MB of zeros in 200 kB
    local pipe = io.popen("head -c 200000000 /dev/zero | gzip -9n", "r")
    local gz = pipe:read "a"
    pipe:close()
    return deflated(name, gz, 200000000)
  end,
  liar = function() -- the same, claiming to be small
    local pipe = io.popen("head -c 200000000 /dev/zero | gzip -9n", "r")
    local gz = pipe:read "a"
    pipe:close()
    return deflated(name, gz, 1000)
  end,
}
core.write_file(out, MAKE[kind]())
