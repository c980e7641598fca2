--- The package of a Word document: content types, relationships, properties, all in one zip.
local core = require "lobule.core"
local docx_style = require "lobule.report.docx_style"
local xml = require "lobule.report.docx_xml"

local M = {}

local OFFICE <const> = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
local PACKAGE <const> = "http://schemas.openxmlformats.org/package/2006/relationships"
local WORD <const> = "application/vnd.openxmlformats-officedocument.wordprocessingml."
local MAIN <const> = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

--- Parts with a content type of their own.
local TYPES <const> = { -- a list: the order in the file
  { "/customXml/itemProps1.xml",
    "application/vnd.openxmlformats-officedocument.customXmlProperties+xml" },
  { "/docProps/app.xml", "application/vnd.openxmlformats-officedocument.extended-properties+xml" },
  { "/docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml" },
  { "/word/document.xml", WORD .. "document.main+xml" },
  { "/word/footer1.xml", WORD .. "footer+xml" },
  { "/word/numbering.xml", WORD .. "numbering+xml" },
  { "/word/settings.xml", WORD .. "settings+xml" },
  { "/word/styles.xml", WORD .. "styles+xml" },
}
local EXTENSIONS <const> = { { "png", "image/png" },
  { "rels", "application/vnd.openxmlformats-package.relationships+xml" },
  { "svg", "image/svg+xml" }, { "xml", "application/xml" } }

local function content_types()
  local parts = { '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">' }
  for _, one in ipairs(EXTENSIONS) do
    parts[#parts + 1] = ('<Default Extension="%s" ContentType="%s"/>'):format(one[1], one[2])
  end
  for _, one in ipairs(TYPES) do
    parts[#parts + 1] = ('<Override PartName="%s" ContentType="%s"/>'):format(one[1], one[2])
  end
  return table.concat(parts) .. "</Types>"
end

--- A part of relationships: a list of { id, type, target }.
local function relationships(list)
  local parts = { ('<Relationships xmlns="%s">'):format(PACKAGE) }
  for _, one in ipairs(list) do
    parts[#parts + 1] = ('<Relationship Id="%s" Type="%s" Target="%s"/>'):format(one[1], one[2],
      one[3])
  end
  return table.concat(parts) .. "</Relationships>"
end

local ROOT <const> = { { "rId1", OFFICE .. "officeDocument", "word/document.xml" },
  { "rId2", "http://schemas.openxmlformats.org/package/2006/relationships/metadata/"
    .. "core-properties", "docProps/core.xml" },
  { "rId3", OFFICE .. "extended-properties", "docProps/app.xml" } }

--- Title, author and, when the script gives one, the date; a report knows no clock.
local function core_properties(doc)
  local created = ""
  if doc.date and doc.date:find("^%d%d%d%d%-%d%d%-%d%d$") then
    created = ('<dcterms:created xsi:type="dcterms:W3CDTF">%sT00:00:00Z</dcterms:created>')
      :format(doc.date)
  end
  local creator = doc.author
    and ("<dc:creator>%s</dc:creator>"):format(xml.escape(doc.author)) or ""
  return '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
    .. 'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    .. 'xmlns:dcterms="http://purl.org/dc/terms/" '
    .. 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>' .. xml.escape(doc.title)
    .. "</dc:title>" .. creator .. created .. "</cp:coreProperties>"
end

local APP <const> = '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/'
  .. 'extended-properties"><Application>Lobule</Application></Properties>'

--- Mode 15: Word opens the file as one of its own, not as one from before 2013.
local SETTINGS <const> = "<w:settings " .. MAIN .. '><w:defaultTabStop w:val="720"/>'
  .. '<w:characterSpacingControl w:val="doNotCompress"/><w:compat><w:compatSetting '
  .. 'w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/>'
  .. "</w:compat></w:settings>"

--- One abstract list, and one list of its own for each numbered list: each begins at 1.
local function numbering(lists)
  local parts = { "<w:numbering " .. MAIN .. '><w:abstractNum w:abstractNumId="0">'
    .. '<w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/>'
    .. '<w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/><w:lvlJc w:val="left"/>'
    .. '<w:pPr><w:ind w:left="425" w:hanging="425"/></w:pPr></w:lvl></w:abstractNum>' }
  for i = 1, math.max(1, lists) do
    parts[#parts + 1] = ('<w:num w:numId="%d"><w:abstractNumId w:val="0"/><w:lvlOverride '
      .. 'w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'):format(i)
  end
  return table.concat(parts) .. "</w:numbering>"
end

local FOOTER <const> = "<w:ftr " .. MAIN .. ">"
  .. xml.paragraph("Footer", xml.field("PAGE", "1") .. xml.run(" / ") .. xml.field("NUMPAGES",
    "1")) .. "</w:ftr>"

--- A GUID made from the content, so that it is the same on every run.
local function guid(text)
  local hash = core.sha256(text):upper()
  return ("{%s-%s-%s-%s-%s}"):format(hash:sub(1, 8), hash:sub(9, 12), hash:sub(13, 16),
    hash:sub(17, 20), hash:sub(21, 32))
end

local function custom_properties(json)
  return ('<ds:datastoreItem ds:itemID="%s" xmlns:ds="http://schemas.openxmlformats.org/'
    .. 'officeDocument/2006/customXml"><ds:schemaRefs><ds:schemaRef '
    .. 'ds:uri="urn:lobule:provenance"/></ds:schemaRefs></ds:datastoreItem>'):format(guid(json))
end

--- The document's own relationships, in the order of their numbers.
local FIXED <const> = { { "rId1", OFFICE .. "styles", "styles.xml" },
  { "rId2", OFFICE .. "settings", "settings.xml" },
  { "rId3", OFFICE .. "numbering", "numbering.xml" }, { "rId4", OFFICE .. "footer",
    "footer1.xml" }, { "rId5", OFFICE .. "customXml", "../customXml/item1.xml" } }
M.FOOTER_ID = "rId4"
M.FIRST_MEDIA = #FIXED + 1

--- The bytes of the package.
---@param doc lobule.Document
---@param parts { document: string, json: string, lists: integer, media: table[] }
---             document: word/document.xml; json: the data inside; lists: how many numbered ones;
---             media: each { id, name, bytes }
---@return string
function M.zip(doc, parts)
  local rels = table.move(FIXED, 1, #FIXED, 1, {})
  local files = { ["[Content_Types].xml"] = content_types(), ["_rels/.rels"] = relationships(ROOT),
    ["customXml/_rels/item1.xml.rels"] = relationships { { "rId1", OFFICE .. "customXmlProps",
      "itemProps1.xml" } },
    ["customXml/item1.xml"] = '<provenance xmlns="urn:lobule:provenance">' .. xml.escape(parts.json)
      .. "</provenance>",
    ["customXml/itemProps1.xml"] = custom_properties(parts.json),
    ["docProps/app.xml"] = APP, ["docProps/core.xml"] = core_properties(doc),
    ["word/document.xml"] = parts.document, ["word/footer1.xml"] = FOOTER,
    ["word/numbering.xml"] = numbering(parts.lists), ["word/settings.xml"] = SETTINGS,
    ["word/styles.xml"] = docx_style.styles(xml.escape(doc.lang)) }
  for name, text in next, files do files[name] = xml.HEAD .. text end
  for _, one in ipairs(parts.media) do
    rels[#rels + 1] = { one.id, OFFICE .. "image", "media/" .. one.name }
    files["word/media/" .. one.name] = one.bytes
  end
  files["word/_rels/document.xml.rels"] = xml.HEAD .. relationships(rels)
  local names, texts = {}, {}
  for name in next, files do names[#names + 1] = name end
  table.sort(names) -- [Content_Types].xml comes first, as some readers want
  for i, name in ipairs(names) do texts[i] = files[name] end
  return core.zip(names, texts)
end

return M
