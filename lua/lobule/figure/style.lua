--- How figures look: fonts, sizes, colours, dashes, and the style sheet that darkens them.
local M = {}

M.FAMILY = "'Liberation Sans', Arial, Helvetica, sans-serif"
M.LABEL = 7 -- points at print width
M.SMALL = 6
M.LINE = 1.1 -- curves
M.AXIS = 0.6
M.HAIR = 0.5

-- Roles and their colours on paper. The first four arms keep 3:1 on white and on #121417 and stay
-- apart for colour-blind readers (UX: palettes); further arms are greys told apart by their dashes.
M.COLOURS = {
  ink = "#111111",
  muted = "#595959",
  grid = "#c8c8c8",
  paper = "#ffffff",
  s1 = "#0072B2",
  s2 = "#D55E00",
  s3 = "#009E73",
  s4 = "#CC79A7",
  s5 = "#4d4d4d",
  s6 = "#7f7f7f",
  s7 = "#4d4d4d",
  s8 = "#7f7f7f",
}

local DASHES <const> = { false, "5 1.6", "1.6 1.4", "6 1.6 1.6 1.6", "2.8 1.4", "7 2.4",
  "1 2.2", "6 1.6 1 1.6 1 1.6" }

local DARK <const> = { -- a list: the order of the style sheet's lines
  { "ink", "#e8e8e8" }, { "muted", "#a8adb3" }, { "grid", "#4a4f55" }, { "paper", "#121417" },
  { "s5", "#c4c4c4" }, { "s6", "#8f8f8f" }, { "s7", "#c4c4c4" }, { "s8", "#8f8f8f" },
}

M.MOST_SERIES = #DASHES

--- Colour role and dash of the i-th arm.
---@param i integer  1 to 8
---@return string role  "s1" to "s8"
---@return string|false dash
function M.series(i)
  return "s" .. i, DASHES[i]
end

--- Style sheet lines that recolour figures on a dark page; put them into the page's media query.
--- Marks carry two classes: the role (lb-ink, lb-s1, ...) and lb-line (stroked) or lb-fill.
---@return string
function M.dark_css()
  local lines = {}
  for i, rule in ipairs(DARK) do
    lines[i] = (".lb-%s.lb-line{stroke:%s}.lb-%s.lb-fill{fill:%s}"):format(
      rule[1], rule[2], rule[1], rule[2])
  end
  return table.concat(lines, "\n")
end

return M
