--- The styles of a Word report. Word's own names wherever it has one, so that a journal's template
--- takes over: Normal, Title, Heading 1 to 3, Caption, Table Grid, List Number, footer.
local M = {}

local FONTS <const> = '<w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:cs="Arial" w:eastAsia="Arial"/>'

local DEFAULTS <const> = "<w:docDefaults><w:rPrDefault><w:rPr>" .. FONTS
  .. '<w:sz w:val="22"/><w:szCs w:val="22"/><w:lang w:val="{lang}"/></w:rPr></w:rPrDefault>'
  .. '<w:pPrDefault/></w:docDefaults>'

--- Paragraph styles: id, name, the style it is based on, the next one, paragraph properties, run
--- properties, and whether it stands in Word's gallery.
local PARAGRAPHS <const> = {
  { "Title", "Title", "Normal", "Normal", '<w:spacing w:after="120" w:line="240" '
    .. 'w:lineRule="auto"/>', '<w:b/><w:sz w:val="34"/><w:szCs w:val="34"/>' },
  { "Subtitle", "Subtitle", "Normal", "Normal", '<w:spacing w:after="120"/>',
    '<w:color w:val="595959"/><w:sz w:val="24"/><w:szCs w:val="24"/>' },
  { "Byline", "Byline", "Normal", "Normal", '<w:spacing w:after="240"/>', "" },
  { "Heading1", "heading 1", "Normal", "Normal", '<w:keepNext/><w:keepLines/>'
    .. '<w:spacing w:before="360" w:after="120"/><w:outlineLvl w:val="0"/>',
    '<w:b/><w:sz w:val="28"/><w:szCs w:val="28"/>' },
  { "Heading2", "heading 2", "Normal", "Normal", '<w:keepNext/><w:keepLines/>'
    .. '<w:spacing w:before="240" w:after="80"/><w:outlineLvl w:val="1"/>',
    '<w:b/><w:sz w:val="24"/><w:szCs w:val="24"/>' },
  { "Heading3", "heading 3", "Normal", "Normal", '<w:keepNext/><w:keepLines/>'
    .. '<w:spacing w:before="200" w:after="60"/><w:outlineLvl w:val="2"/>', "<w:b/><w:i/>" },
  { "Caption", "caption", "Normal", "Normal", '<w:keepLines/><w:spacing w:before="120" '
    .. 'w:after="80" w:line="240" w:lineRule="auto"/>', '<w:sz w:val="20"/><w:szCs w:val="20"/>' },
  { "Figure", "Figure", "Normal", "Caption", '<w:keepNext/><w:spacing w:before="240" w:after="0" '
    .. 'w:line="240" w:lineRule="auto"/>', "" },
  { "Note", "Note", "Normal", "Normal", '<w:keepLines/><w:pBdr><w:left w:val="single" w:sz="12" '
    .. 'w:space="8" w:color="0072B2"/></w:pBdr><w:ind w:left="200"/>', "" },
  { "Warning", "Warning", "Normal", "Normal", '<w:keepLines/><w:pBdr><w:left w:val="single" '
    .. 'w:sz="18" w:space="8" w:color="D55E00"/></w:pBdr><w:ind w:left="200"/>', "" },
  { "TableText", "Table Text", "Normal", "TableText", '<w:spacing w:before="30" w:after="30" '
    .. 'w:line="240" w:lineRule="auto"/>', '<w:sz w:val="18"/><w:szCs w:val="18"/>' },
  { "TableTextSmall", "Table Text Small", "TableText", "TableTextSmall", "",
    '<w:sz w:val="16"/><w:szCs w:val="16"/>' },
  { "TableTextSmallest", "Table Text Smallest", "TableText", "TableTextSmallest", "",
    '<w:sz w:val="14"/><w:szCs w:val="14"/>' },
  { "TableNote", "Table Note", "Normal", "TableNote", '<w:spacing w:before="40" w:after="0" '
    .. 'w:line="240" w:lineRule="auto"/>', '<w:sz w:val="17"/><w:szCs w:val="17"/>' },
  { "TableNoteLast", "Table Note Last", "TableNote", "Normal", '<w:spacing w:before="40" '
    .. 'w:after="280" w:line="240" w:lineRule="auto"/>', "" },
  { "ListNumber", "List Number", "Normal", "ListNumber", '<w:numPr><w:numId w:val="1"/></w:numPr>'
    .. '<w:spacing w:after="40"/>', "" },
  { "SectionEnd", "Section End", "Normal", "Normal", '<w:spacing w:before="0" w:after="0" '
    .. 'w:line="20" w:lineRule="exact"/>', '<w:sz w:val="2"/><w:szCs w:val="2"/>' },
  { "Footer", "footer", "Normal", "Footer", '<w:spacing w:after="0"/><w:jc w:val="center"/>',
    '<w:color w:val="595959"/><w:sz w:val="18"/><w:szCs w:val="18"/>' },
}

--- Word's "Table Grid" with the three rules of a journal's table: above, below the header (in the
--- cells), below.
local TABLES <const> = '<w:style w:type="table" w:default="1" w:styleId="TableNormal">'
  .. '<w:name w:val="Normal Table"/><w:uiPriority w:val="99"/><w:semiHidden/>'
  .. '<w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/>'
  .. '<w:left w:w="108" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/>'
  .. '<w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>'
  .. '<w:style w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/>'
  .. '<w:basedOn w:val="TableNormal"/><w:uiPriority w:val="39"/><w:tblPr><w:tblBorders>'
  .. '<w:top w:val="single" w:sz="8" w:space="0" w:color="auto"/>'
  .. '<w:bottom w:val="single" w:sz="8" w:space="0" w:color="auto"/></w:tblBorders></w:tblPr>'
  .. "</w:style>"

local OTHERS <const> = '<w:style w:type="character" w:default="1" '
  .. 'w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/>'
  .. '<w:uiPriority w:val="1"/><w:semiHidden/></w:style>'
  .. '<w:style w:type="character" w:customStyle="1" w:styleId="SourceText">'
  .. '<w:name w:val="Source Text"/><w:rPr><w:rFonts w:ascii="Courier New" '
  .. 'w:hAnsi="Courier New" w:cs="Courier New"/><w:noProof/><w:sz w:val="14"/>'
  .. '<w:szCs w:val="14"/></w:rPr></w:style>'

local BUILT_IN <const> = { Title = true, Subtitle = true, Heading1 = true, Heading2 = true,
  Heading3 = true, Caption = true, ListNumber = true, Footer = true }

local function paragraph_style(style)
  local id, name, based_on, following, paragraph, run = table.unpack(style)
  return ('<w:style w:type="paragraph"%s w:styleId="%s"><w:name w:val="%s"/>'
    .. '<w:basedOn w:val="%s"/><w:next w:val="%s"/>%s%s%s</w:style>'):format(
    BUILT_IN[id] and "" or ' w:customStyle="1"', id, name, based_on, following,
    id ~= "Footer" and id ~= "SectionEnd" and "<w:qFormat/>" or "",
    paragraph ~= "" and "<w:pPr>" .. paragraph .. "</w:pPr>" or "",
    run ~= "" and "<w:rPr>" .. run .. "</w:rPr>" or "")
end

--- The part word/styles.xml.
---@param lang string               of the text, escaped
---@return string
function M.styles(lang)
  local parts = { '<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/'
    .. 'main">', (DEFAULTS:gsub("{lang}", (lang:gsub("%%", "%%%%")))),
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
    .. '<w:qFormat/><w:pPr><w:spacing w:after="140" w:line="276" w:lineRule="auto"/></w:pPr>'
    .. "</w:style>" }
  for _, style in ipairs(PARAGRAPHS) do parts[#parts + 1] = paragraph_style(style) end
  parts[#parts + 1] = OTHERS
  parts[#parts + 1] = TABLES
  parts[#parts + 1] = "</w:styles>"
  return table.concat(parts)
end

return M
