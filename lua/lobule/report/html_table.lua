--- Tables as accessible HTML: caption, header cells with scope, numbers right, wide ones scroll.
local core = require "lobule.core"
local prose = require "lobule.report.prose"
local tables = require "lobule.table"
local xml_text = require "lobule.xml_text"

local M = {}

M.escape = xml_text.escape_all

--- Escaped text as printers set it: a real minus, no line break before a percent sign.
---@param text string
---@return string
function M.prose(text)
  return M.escape(prose.set(text))
end

local function content(text)
  return prose.is_hash(text) and "<code>" .. text .. "</code>" or M.prose(text)
end

local function class_of(column, row)
  local names = {}
  if column.align == "right" then names[1] = "num" end
  if row and row.indent > 0 then names[#names + 1] = "indent-" .. math.min(row.indent, 3) end
  return #names > 0 and (' class="%s"'):format(table.concat(names, " ")) or ""
end

local function header_cell(column, rowspan)
  local span = rowspan > 1 and (' rowspan="%d"'):format(rowspan) or ""
  if column.label == "" and not column.unit then return ("<td%s></td>"):format(span) end
  local label = M.prose(column.label)
  if column.unit then
    label = ('%s <span class="unit">(%s)</span>'):format(label, M.prose(column.unit))
  end
  return ('<th scope="col"%s%s>%s</th>'):format(class_of(column), span, label)
end

--- The header: one row, or two with the spanning headers above.
local function head(shown)
  local spans <const> = tables.spans(shown.columns, #shown.columns)
  local grouped = false
  for _, span in ipairs(spans) do grouped = grouped or span.label ~= nil end
  local upper, lower, groups = {}, {}, {}
  for _, span in ipairs(spans) do
    local n <const> = span.last - span.first + 1
    groups[#groups + 1] = ('<colgroup span="%d"></colgroup>'):format(n)
    if span.label then
      upper[#upper + 1] = ('<th scope="colgroup" colspan="%d">%s</th>'):format(n,
        M.prose(span.label))
    end
    for c = span.first, span.last do
      local row = span.label and lower or upper
      row[#row + 1] = header_cell(shown.columns[c], grouped and not span.label and 2 or 1)
    end
  end
  local rows = { "<tr>" .. table.concat(upper) .. "</tr>" }
  if grouped then rows[2] = "<tr>" .. table.concat(lower) .. "</tr>" end
  return (grouped and table.concat(groups) .. "\n" or "") .. "<thead>\n" .. table.concat(rows, "\n")
    .. "\n</thead>"
end

--- Width after the decimal point in digits; the point itself is half a digit wide.
local function tail_width(text)
  local tail = text:match("%.(.*)$")
  return tail and 0.5 + #tail or 0
end

--- For columns aligned on the decimal point: the widest tail; the page moves the cells with a
--- shorter one left by the difference.
local function widest_tails(shown)
  local widest = {}
  for c, column in ipairs(shown.columns) do
    for _, row in ipairs(column.decimal and shown.rows or {}) do
      widest[c] = math.max(widest[c] or 0, tail_width(row[c]))
    end
  end
  return widest
end

local function tail_style(text, widest)
  local lack = widest and widest - tail_width(text) or 0
  return lack > 0 and (' style="--tail: %sch"'):format(core.format_number(lack)) or ""
end

local function body_row(shown, row, widest)
  local cells = {}
  for c, column in ipairs(shown.columns) do
    local tag = c == 1 and row[c] ~= "" and "th" or "td"
    cells[c] = ("<%s%s%s%s>%s</%s>"):format(tag, tag == "th" and ' scope="row"' or "",
      class_of(column, c == 1 and row or nil), tail_style(row[c], widest[c]), content(row[c]), tag)
  end
  local class = row.kind and (' class="%s"'):format(row.kind) or ""
  return ("<tr%s>%s</tr>"):format(class, table.concat(cells))
end

--- The rows; each heading across the table begins a body of its own, which its scope names.
local function body(shown)
  local lines, widest = { "<tbody>" }, widest_tails(shown)
  for i, row in ipairs(shown.rows) do
    if tables.is_banner(row) then
      if i > 1 then lines[#lines + 1] = "</tbody>\n<tbody>" end
      lines[#lines + 1] = ('<tr class="heading"><th scope="rowgroup" colspan="%d"%s>%s</th></tr>')
        :format(#shown.columns, class_of({}, row), M.prose(row[1]))
    else
      lines[#lines + 1] = body_row(shown, row, widest)
    end
  end
  lines[#lines + 1] = "</tbody>"
  return table.concat(lines, "\n")
end

local function caption_of(label, caption)
  if not label and caption == "" then return "" end
  local strong = label and ('<strong class="label">%s</strong> '):format(label) or ""
  return ("<caption><span>%s%s</span></caption>\n"):format(strong, M.prose(caption))
end

--- A table in a region that can be scrolled from the keyboard, its notes below.
---@param shown lobule.Table
---@param place { id: string, name: string, label: string?, caption: string }
---             id of the element; name of the region; label as "Table 1."; caption
---@return string
function M.render(shown, place)
  local parts = { ('<div class="table" id="%s">'):format(place.id),
    ('<div class="scroll" tabindex="0" role="region" aria-label="%s">')
      :format(M.escape(place.name)),
    "<table>", caption_of(place.label, place.caption) .. head(shown), body(shown), "</table>",
    "</div>" }
  for _, note in ipairs(shown.notes) do
    parts[#parts + 1] = ('<p class="table-note">%s</p>'):format(M.prose(note))
  end
  parts[#parts + 1] = "</div>"
  return table.concat(parts, "\n")
end

return M
