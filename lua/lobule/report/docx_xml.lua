--- The small change of WordprocessingML: escaped text, runs, paragraphs, fields.
local prose = require "lobule.report.prose"
local xml_text = require "lobule.xml_text"

local M = {}

M.HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

M.escape = xml_text.escape

-- Beside the style: inside tables LibreOffice takes the font of the document over a run's style.
local FIXED_FONT <const> = '<w:rFonts w:ascii="Courier New" w:hAnsi="Courier New" '
  .. 'w:cs="Courier New"/>'

--- A run of text set as printers do.
---@param text string
---@param how? { bold: boolean?, italic: boolean?, style: "SourceText"? }
---@return string
function M.run(text, how)
  if text == "" then return "" end
  local look = ""
  if how then
    look = (how.style and ('<w:rStyle w:val="%s"/>'):format(how.style) .. FIXED_FONT or "")
      .. (how.bold and "<w:b/>" or "") .. (how.italic and "<w:i/>" or "")
    if look ~= "" then look = "<w:rPr>" .. look .. "</w:rPr>" end
  end
  return ('<w:r>%s<w:t xml:space="preserve">%s</w:t></w:r>'):format(look,
    M.escape(prose.set(text)))
end

--- A paragraph of a named style.
---@param style string              id of the style, "Normal" for none
---@param runs string               its content
---@param more? string              further paragraph properties, in the order of the schema
---@return string
function M.paragraph(style, runs, more)
  local name = style ~= "Normal" and ('<w:pStyle w:val="%s"/>'):format(style) or ""
  local properties = name .. (more or "")
  if properties ~= "" then properties = "<w:pPr>" .. properties .. "</w:pPr>" end
  return "<w:p>" .. properties .. runs .. "</w:p>"
end

--- A field with the text that it has now: Word and LibreOffice renew it when asked.
---@param instruction string
---@param text string
---@param bold? boolean
---@return string
function M.field(instruction, text, bold)
  local run = M.run(text, bold and { bold = true } or nil)
  return ('<w:fldSimple w:instr=" %s ">%s</w:fldSimple>'):format(instruction, run)
end

--- A caption: "Table 1. Text", its number a SEQ field inside a bookmark, so that Word's lists and
--- cross-references know it.
---@param block table               kind, number, caption; without number only the text
---@param keep_next boolean         stays with what follows
---@return string
function M.caption(block, keep_next)
  local runs
  if block.number then
    local kind = block.kind == "table" and "Table" or "Figure"
    local id = (block.kind == "table" and 10000 or 20000) + block.number
    runs = ('<w:bookmarkStart w:id="%d" w:name="%s_%d"/>%s%s<w:bookmarkEnd w:id="%d"/>%s%s')
      :format(id, kind, block.number, M.run(kind .. " ", { bold = true }),
        M.field("SEQ " .. kind .. " \\* ARABIC", tostring(block.number), true), id,
        M.run(".", { bold = true }), block.caption ~= "" and M.run(" " .. block.caption) or "")
  else
    runs = M.run(block.caption, { bold = true })
  end
  return M.paragraph("Caption", runs, keep_next and "<w:keepNext/>"
    or '<w:spacing w:before="80" w:after="280"/>')
end

return M
