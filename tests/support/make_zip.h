/* make_zip.h - for tests: parts stored in a zip archive without compression, and a workbook around the
 * XML of one sheet. */
#ifndef LB_TESTS_MAKE_ZIP_H
#define LB_TESTS_MAKE_ZIP_H
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct zip_part {
  const char *name, *text;
} zip_part;

static inline uint32_t zip_crc(const char *text, size_t n)
{
  uint32_t crc = 0xFFFFFFFFu;
  for (size_t i = 0; i < n; i++) {
    crc ^= (unsigned char)text[i];
    for (int k = 0; k < 8; k++) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
  }
  return ~crc;
}

static inline char *zip_put(char *at, uint32_t value, int bytes)
{
  for (int i = 0; i < bytes; i++) *at++ = (char)(value >> (8 * i) & 0xFF);
  return at;
}

/* What local and central headers share, from "version needed" to the length of the extra field. */
static inline char *zip_common(char *at, const zip_part *part)
{
  uint32_t n = (uint32_t)strlen(part->text);
  at = zip_put(at, 20, 2);
  at = zip_put(at, 0, 4);          /* flags, stored */
  at = zip_put(at, 0x00210000, 4); /* 1980-01-01 */
  at = zip_put(at, zip_crc(part->text, n), 4);
  at = zip_put(zip_put(at, n, 4), n, 4);
  return zip_put(zip_put(at, (uint32_t)strlen(part->name), 2), 0, 2);
}

/* A malloc'ed archive. */
static inline char *zip_make(const zip_part *parts, size_t n, size_t *length)
{
  size_t size = 22;
  for (size_t i = 0; i < n; i++) size += 76 + 2 * strlen(parts[i].name) + strlen(parts[i].text);
  char *bytes = malloc(size), *at = bytes;
  uint32_t *start = malloc((n + 1) * sizeof *start);
  for (size_t i = 0; i < n; i++) {
    start[i] = (uint32_t)(at - bytes);
    at = zip_common(zip_put(at, 0x04034B50, 4), &parts[i]);
    memcpy(at, parts[i].name, strlen(parts[i].name));
    at += strlen(parts[i].name);
    memcpy(at, parts[i].text, strlen(parts[i].text));
    at += strlen(parts[i].text);
  }
  uint32_t directory = (uint32_t)(at - bytes);
  for (size_t i = 0; i < n; i++) {
    at = zip_common(zip_put(zip_put(at, 0x02014B50, 4), 20, 2), &parts[i]);
    at = zip_put(zip_put(at, 0, 4), 0, 4); /* comment, disk, attributes */
    at = zip_put(zip_put(at, 0, 2), start[i], 4);
    memcpy(at, parts[i].name, strlen(parts[i].name));
    at += strlen(parts[i].name);
  }
  uint32_t end = (uint32_t)(at - bytes);
  at = zip_put(zip_put(at, 0x06054B50, 4), 0, 4);
  at = zip_put(zip_put(at, (uint32_t)n, 2), (uint32_t)n, 2);
  at = zip_put(zip_put(zip_put(at, end - directory, 4), directory, 4), 0, 2);
  free(start);
  *length = (size_t)(at - bytes);
  return bytes;
}

#define ZIP_RELS                                                                                   \
  "<Relationships><Relationship Id='r1' Type='x/worksheet' Target='worksheets/s1.xml'/>"           \
  "<Relationship Id='r2' Type='x/worksheet' Target='/xl/worksheets/s2.xml'/>"                      \
  "<Relationship Id='r3' Type='x/styles' Target='styles.xml'/>"                                    \
  "<Relationship Id='r4' Type='x/sharedStrings' Target='sharedStrings.xml'/></Relationships>"
/* Styles by number: 0 plain, 1 date, 2 datetime, 3 time, 4 a yellow fill, 5 a date of its own code,
 * 6 digits with a quoted d. */
#define ZIP_STYLES                                                                                 \
  "<styleSheet><numFmts><numFmt numFmtId='164' formatCode='[$-409]d\\-mmm\\-yyyy;@'/>"             \
  "<numFmt numFmtId='165' formatCode='0.0&quot; d&quot;'/></numFmts><fills><fill><patternFill "    \
  "patternType='none'/></fill><fill><patternFill "                                                 \
  "patternType='gray125'/></fill><fill><patternFill "                                              \
  "patternType='solid'><fgColor rgb='FFFFFF00'/></patternFill></fill></fills><cellXfs>"            \
  "<xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='22'/><xf numFmtId='20'/>"                    \
  "<xf numFmtId='0' fillId='2'/><xf numFmtId='164'/><xf numFmtId='165'/></cellXfs></styleSheet>"
#define ZIP_STRINGS                                                                                \
  "<sst><si><t>id</t></si><si><t>arm</t></si><si><r><t>TA</t></r><r><t>CE</t></r><rPh><t>no</t>"   \
  "</rPh></si><si><t>A_x000A_B</t></si><si><t xml:space='preserve'> 12 </t></si></sst>"

/* A workbook of two sheets, "Data" with the sheetData (and what follows it) given, and the hidden
 * "Codes". property: attributes of workbookPr. */
static inline char *zip_workbook(const char *sheet, const char *property, size_t *length)
{
  char *book = malloc(strlen(property) + 400), *data = malloc(strlen(sheet) + 100);
  strcat(strcat(strcpy(book, "<workbook xmlns:r='x'><workbookPr "), property),
         "/><sheets><sheet name='Data' sheetId='1' r:id='r1'/><sheet name='Codes' sheetId='2' "
         "state='hidden' r:id='r2'/></sheets></workbook>");
  strcat(strcat(strcpy(data, "<worksheet>"), sheet), "</worksheet>");
  const zip_part parts[] = {
      {"_rels/.rels",
       "<Relationships><Relationship Id='a' Type='x/officeDocument' Target='xl/workbook.xml'/>"
       "</Relationships>"},
      {"xl/workbook.xml", book},
      {"xl/_rels/workbook.xml.rels", ZIP_RELS},
      {"xl/styles.xml", ZIP_STYLES},
      {"xl/sharedStrings.xml", ZIP_STRINGS},
      {"xl/worksheets/s1.xml", data},
      {"xl/worksheets/s2.xml", "<worksheet><sheetData><row><c t='str'><v>code</v></c></row><row><c>"
                               "<v>7</v></c></row></sheetData></worksheet>"},
  };
  char *bytes = zip_make(parts, sizeof parts / sizeof *parts, length);
  free(book);
  free(data);
  return bytes;
}
#endif
