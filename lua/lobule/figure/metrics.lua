--- Text widths: the advances of Liberation Sans, so that a layout is the same on every machine.
--- Arial and Helvetica have the same advances. Kerning is left out: it only makes text narrower.
local M = {}

local UNITS_PER_EM <const> = 2048

-- Heights as parts of the font size. A text's box goes from ASCENT above to DESCENT below its base
-- line; CAP is the height of capitals and digits, half of which centres a line of text on a mark.
M.ASCENT = 0.76
M.DESCENT = 0.22
M.CAP = 0.69
M.LINE = 1.25 -- distance of base lines

---@class lobule.figure.Face
---@field ascii integer[]              code points 32 to 126
---@field latin integer[]              code points 160 to 255
---@field more table<integer, integer> others, by code point

---@type lobule.figure.Face
local REGULAR <const> = {
  ascii = {
    569, 569, 727, 1139, 1139, 1821, 1366, 391, 682, 682, 797, 1196, 569, 682, 569, 569, 1139,
    1139, 1139, 1139, 1139, 1139, 1139, 1139, 1139, 1139, 569, 569, 1196, 1196, 1196, 1139,
    2079, 1366, 1366, 1479, 1479, 1366, 1251, 1593, 1479, 569, 1024, 1366, 1139, 1706, 1479,
    1593, 1366, 1593, 1479, 1366, 1251, 1479, 1366, 1933, 1366, 1366, 1251, 569, 569, 569, 961,
    1139, 682, 1139, 1139, 1024, 1139, 1139, 569, 1139, 1139, 455, 455, 1024, 455, 1706, 1139,
    1139, 1139, 1139, 682, 1024, 569, 1139, 1024, 1479, 1024, 1024, 1024, 684, 532, 684, 1196,
  },
  latin = {
    569, 682, 1139, 1139, 1139, 1139, 532, 1139, 682, 1509, 758, 1139, 1196, 682, 1509, 1131,
    819, 1124, 682, 682, 682, 1180, 1100, 569, 682, 682, 748, 1139, 1708, 1708, 1708, 1251,
    1366, 1366, 1366, 1366, 1366, 1366, 2048, 1479, 1366, 1366, 1366, 1366, 569, 569, 569, 569,
    1479, 1479, 1593, 1593, 1593, 1593, 1593, 1196, 1593, 1479, 1479, 1479, 1479, 1366, 1366,
    1251, 1139, 1139, 1139, 1139, 1139, 1139, 1821, 1024, 1139, 1139, 1139, 1139, 569, 569, 569,
    569, 1139, 1139, 1139, 1139, 1139, 1139, 1139, 1124, 1251, 1139, 1139, 1139, 1139, 1024,
    1139, 1024,
  },
  more = {
    [0x0104] = 1366, [0x0105] = 1139, [0x0106] = 1479, [0x0107] = 1024, [0x010C] = 1479,
    [0x010D] = 1024, [0x0118] = 1366, [0x0119] = 1139, [0x0130] = 569, [0x0131] = 569,
    [0x0141] = 1139, [0x0142] = 455, [0x015A] = 1366, [0x015B] = 1024, [0x0160] = 1366,
    [0x0161] = 1024, [0x017D] = 1251, [0x017E] = 1024, [0x0394] = 1368, [0x03A3] = 1266,
    [0x03A9] = 1531, [0x03B1] = 1184, [0x03B2] = 1178, [0x03B3] = 1024, [0x03B4] = 1140,
    [0x03BA] = 1024, [0x03BB] = 1024, [0x03BC] = 1180, [0x03C1] = 1165, [0x03C3] = 1264,
    [0x03C4] = 809, [0x03C7] = 1075, [0x03C9] = 1599, [0x2013] = 1139, [0x2014] = 2048,
    [0x2018] = 455, [0x2019] = 455, [0x201C] = 682, [0x201D] = 682, [0x201E] = 682,
    [0x2020] = 1139, [0x2021] = 1139, [0x2022] = 717, [0x2026] = 2048, [0x2030] = 2048,
    [0x2044] = 342, [0x20AC] = 1139, [0x2190] = 2048, [0x2192] = 2048, [0x2212] = 1196,
    [0x221A] = 1124, [0x221E] = 1460, [0x2248] = 1124, [0x2260] = 1124, [0x2264] = 1124,
    [0x2265] = 1124,
  },
}

---@type lobule.figure.Face
local BOLD <const> = {
  ascii = {
    569, 682, 971, 1139, 1139, 1821, 1479, 487, 682, 682, 797, 1196, 569, 682, 569, 569, 1139,
    1139, 1139, 1139, 1139, 1139, 1139, 1139, 1139, 1139, 682, 682, 1196, 1196, 1196, 1251,
    1997, 1479, 1479, 1479, 1479, 1366, 1251, 1593, 1479, 569, 1139, 1479, 1251, 1706, 1479,
    1593, 1366, 1593, 1479, 1366, 1251, 1479, 1366, 1933, 1366, 1366, 1251, 682, 569, 682, 1196,
    1139, 682, 1139, 1251, 1139, 1251, 1139, 682, 1251, 1251, 569, 569, 1139, 569, 1821, 1251,
    1251, 1251, 1251, 797, 1139, 682, 1251, 1139, 1593, 1139, 1139, 1024, 797, 573, 797, 1196,
  },
  latin = {
    569, 682, 1139, 1139, 1139, 1139, 573, 1139, 682, 1509, 758, 1139, 1196, 682, 1509, 1131,
    819, 1124, 682, 682, 682, 1180, 1139, 569, 682, 682, 748, 1139, 1708, 1708, 1708, 1251,
    1479, 1479, 1479, 1479, 1479, 1479, 2048, 1479, 1366, 1366, 1366, 1366, 569, 569, 569, 569,
    1479, 1479, 1593, 1593, 1593, 1593, 1593, 1196, 1593, 1479, 1479, 1479, 1479, 1366, 1366,
    1251, 1139, 1139, 1139, 1139, 1139, 1139, 1821, 1139, 1139, 1139, 1139, 1139, 569, 569, 569,
    569, 1251, 1251, 1251, 1251, 1251, 1251, 1251, 1124, 1251, 1251, 1251, 1251, 1251, 1139,
    1251, 1139,
  },
  more = {
    [0x0104] = 1479, [0x0105] = 1139, [0x0106] = 1479, [0x0107] = 1139, [0x010C] = 1479,
    [0x010D] = 1139, [0x0118] = 1366, [0x0119] = 1139, [0x0130] = 569, [0x0131] = 569,
    [0x0141] = 1251, [0x0142] = 569, [0x015A] = 1366, [0x015B] = 1139, [0x0160] = 1366,
    [0x0161] = 1139, [0x017D] = 1251, [0x017E] = 1024, [0x0394] = 1472, [0x03A3] = 1229,
    [0x03A9] = 1642, [0x03B1] = 1259, [0x03B2] = 1250, [0x03B3] = 1139, [0x03B4] = 1242,
    [0x03BA] = 1142, [0x03BB] = 1139, [0x03BC] = 1253, [0x03C1] = 1267, [0x03C3] = 1401,
    [0x03C4] = 914, [0x03C7] = 1179, [0x03C9] = 1730, [0x2013] = 1139, [0x2014] = 2048,
    [0x2018] = 569, [0x2019] = 569, [0x201C] = 1024, [0x201D] = 1024, [0x201E] = 1024,
    [0x2020] = 1139, [0x2021] = 1139, [0x2022] = 717, [0x2026] = 2048, [0x2030] = 2048,
    [0x2044] = 342, [0x20AC] = 1139, [0x2190] = 2048, [0x2192] = 2048, [0x2212] = 1196,
    [0x221A] = 1124, [0x221E] = 1460, [0x2248] = 1124, [0x2260] = 1124, [0x2264] = 1124,
    [0x2265] = 1124,
  },
}

-- A glyph that is not in the table counts as wide as its script's broad letters: too much room
-- is better than too little.
local function default_advance(code)
  if code >= 0x0300 and code <= 0x036F then return 0 end -- combining marks
  if code >= 0x2000 and code <= 0x200A then return 1024 end -- spaces
  if code >= 0x200B and code <= 0x200F then return 0 end
  if code < 0x0370 then return 1251 end
  if code < 0x2E80 then return 1500 end
  return 2048
end

local function advance(face, code)
  if code >= 32 and code <= 126 then return face.ascii[code - 31] end
  if code >= 160 and code <= 255 then return face.latin[code - 159] end
  return face.more[code] or default_advance(code)
end

--- Text that SVG can hold: valid UTF-8 without control characters; what is not valid becomes "?".
---@param text any
---@return string
function M.clean(text)
  local s = tostring(text)
  if not utf8.len(s) then s = s:gsub("[\x80-\xFF]", "?") end
  s = s:gsub("[%c]", " "):gsub("\xEF\xBF[\xBE\xBF]", "?")
  return s
end

--- Width of a line of text.
---@param text string   clean UTF-8
---@param size number   font size; the result has its unit
---@param bold? boolean
---@return number
function M.width(text, size, bold)
  local face <const> = bold and BOLD or REGULAR
  local sum = 0
  for _, code in utf8.codes(text) do sum = sum + advance(face, code) end
  return sum * size / UNITS_PER_EM
end

--- Width of the widest of several lines.
---@param lines string[]
---@param size number
---@param bold? boolean
---@return number
function M.widest(lines, size, bold)
  local w = 0
  for _, line in ipairs(lines) do w = math.max(w, M.width(line, size, bold)) end
  return w
end

-- Cuts a word that is wider than a whole line into pieces that fit, at least one character each.
local function break_word(word, size, limit, bold)
  local pieces, piece = {}, ""
  for _, code in utf8.codes(word) do
    local char <const> = utf8.char(code)
    if piece ~= "" and M.width(piece .. char, size, bold) > limit then
      pieces[#pieces + 1] = piece
      piece = ""
    end
    piece = piece .. char
  end
  pieces[#pieces + 1] = piece
  return pieces
end

-- Words; those too long for a line in parts, cut after hyphens where there are some. Each piece
-- knows whether a space goes before it.
local function split(text, size, limit, bold)
  local pieces = {}
  for word in text:gmatch("%S+") do
    if M.width(word, size, bold) <= limit then
      pieces[#pieces + 1] = { text = word, space = true }
    else
      local space = true
      for part in word:gsub("([%a][-/])(%a)", "%1\0%2"):gmatch("[^\0]+") do
        for _, piece in ipairs(break_word(part, size, limit, bold)) do
          pieces[#pieces + 1] = { text = piece, space = space }
          space = false
        end
      end
    end
  end
  return pieces
end

local NBSP <const> = "\u{A0}"

-- "95 %", "p = 0.001" and an interval "(0.36 to 0.87)" stay on one line.
local function glue(text)
  return (text:gsub("(%d) %%", "%1" .. NBSP .. "%%")
    :gsub(" ([=<>]) ", NBSP .. "%1" .. NBSP)
    :gsub("%(([%d.%-]+) to ([%d.]+%S*%))", "(%1" .. NBSP .. "to" .. NBSP .. "%2"))
end

--- Wraps text at spaces (a word that is too long: at its hyphens, then anywhere) so that no line is
--- wider than `limit`. A limit below the width of one character gives one character a line.
---@param text any
---@param size number
---@param limit number
---@param bold? boolean
---@return string[] lines  at least one
function M.wrap(text, size, limit, bold)
  local lines, line = {}, nil
  for _, piece in ipairs(split(glue(M.clean(text)), size, limit + 1e-9, bold)) do
    local longer <const> = line and line .. (piece.space and " " or "") .. piece.text
    if longer and M.width(longer, size, bold) <= limit + 1e-9 then
      line = longer
    else
      lines[#lines + 1] = line
      line = piece.text
    end
  end
  lines[#lines + 1] = line or ""
  for i, l in ipairs(lines) do lines[i] = l:gsub(NBSP, " ") end -- plain text, easy to search
  return lines
end

--- The widest word of a text: the least width at which it wraps without cutting words.
---@param text any
---@param size number
---@param bold? boolean
---@return number
function M.widest_word(text, size, bold)
  local w = 0
  for word in glue(M.clean(text)):gmatch("%S+") do w = math.max(w, M.width(word, size, bold)) end
  return w
end

return M
