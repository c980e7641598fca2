/* xlsx_write.c - a frame as a spreadsheet of one sheet: the few parts that a workbook needs, zipped
 * by libzip. */
#include <math.h>
#include <string.h>
#include <zip.h>

#include "base/bitmap.h"
#include "base/date.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/cells.h"
#include "io/library.h"
#include "io/xlsx.h"
#include "io/xlsx_date.h"
#include "io/xlsx_sheet.h"
#include "io/zero_byte.h"

#define DAY_MICROSECONDS 86400000000LL
#define LARGEST_EXACT    9007199254740992LL
#define TEXT_MAX         32767 /* characters of a cell */
#define NAME_MAX_LENGTH  31    /* characters of a sheet's name */
#define POLL_ROWS        1024
#define DOS_DATE         ((1 << 5) | 1) /* 1980-01-01: archives know nothing earlier */

/* Cell styles by their place in STYLES. */
enum { STYLE_HEADER = 1, STYLE_DATE = 2, STYLE_DATETIME = 3 };

static const char XML_HEAD[] = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
#define MAIN_NS "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define REL_NS  "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PKG_NS  "http://schemas.openxmlformats.org/package/2006"
#define TYPE    "application/vnd.openxmlformats-officedocument.spreadsheetml."
static const char CONTENT_TYPES[] =
    "<Types xmlns=\"" PKG_NS "/content-types\">"
    "<Default Extension=\"rels\" "
    "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
    "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
    "<Override PartName=\"/xl/workbook.xml\" ContentType=\"" TYPE "sheet.main+xml\"/>"
    "<Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"" TYPE "worksheet+xml\"/>"
    "<Override PartName=\"/xl/styles.xml\" ContentType=\"" TYPE "styles+xml\"/></Types>";
static const char ROOT_RELS[] =
    "<Relationships xmlns=\"" PKG_NS "/relationships\"><Relationship Id=\"rId1\" "
    "Type=\"" REL_NS "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
static const char BOOK_RELS[] =
    "<Relationships xmlns=\"" PKG_NS "/relationships\"><Relationship Id=\"rId1\" "
    "Type=\"" REL_NS "/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" "
    "Type=\"" REL_NS "/styles\" Target=\"styles.xml\"/></Relationships>";
static const char STYLES[] =
    "<styleSheet xmlns=\"" MAIN_NS "\"><numFmts count=\"2\">"
    "<numFmt numFmtId=\"164\" formatCode=\"yyyy\\-mm\\-dd\"/>"
    "<numFmt numFmtId=\"165\" formatCode=\"yyyy\\-mm\\-dd\\ hh:mm:ss\"/></numFmts>"
    "<fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font>"
    "<font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>"
    "<fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill>"
    "<fill><patternFill patternType=\"gray125\"/></fill></fills>"
    "<borders count=\"1\"><border/></borders>"
    "<cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/>"
    "</cellStyleXfs><cellXfs count=\"4\">"
    "<xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>"
    "<xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/>"
    "<xf numFmtId=\"164\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" "
    "applyNumberFormat=\"1\"/>"
    "<xf numFmtId=\"165\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" "
    "applyNumberFormat=\"1\"/></cellXfs></styleSheet>";

/* ---- The sheet ---- */

/* Text as XML content or attribute. Control characters that XML has not are written as _x0007_,
 * which spreadsheets read back; so is an underscore that would look like that. */
static void add_escaped(lb_str *xml, const char *text, size_t length)
{
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c == '&')
      lb_str_puts(xml, "&amp;");
    else if (c == '<')
      lb_str_puts(xml, "&lt;");
    else if (c == '>')
      lb_str_puts(xml, "&gt;");
    else if (c == '"')
      lb_str_puts(xml, "&quot;");
    else if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7F ||
             (c == '_' && i + 1 < length && text[i + 1] == 'x'))
      lb_str_addf(xml, "_x%04X_", c);
    else
      lb_str_putc(xml, (char)c);
  }
}

static void add_text_cell(lb_str *xml, const char *place, int style, const char *text,
                          size_t length)
{
  lb_str_addf(xml, "<c r=\"%s\"", place);
  if (style != 0) lb_str_addf(xml, " s=\"%d\"", style);
  lb_str_puts(xml, " t=\"inlineStr\"><is><t xml:space=\"preserve\">");
  add_escaped(xml, text, length);
  lb_str_puts(xml, "</t></is></c>");
}

static void add_number_cell(lb_str *xml, const char *place, int style, double value)
{
  char number[LB_REAL_TEXT];
  lb_format_real(number, value);
  lb_str_addf(xml, "<c r=\"%s\"", place);
  if (style != 0) lb_str_addf(xml, " s=\"%d\"", style);
  lb_str_addf(xml, "><v>%s</v></c>", number);
}

static void add_real(lb_str *xml, const char *place, double value)
{
  char text[LB_REAL_TEXT];
  if (isfinite(value)) {
    add_number_cell(xml, place, 0, value);
    return;
  }
  size_t length = lb_format_real(text, value);
  add_text_cell(xml, place, 0, text, length);
}

static void add_integer(lb_str *xml, const char *place, int64_t value)
{
  char text[24];
  if (value >= -LARGEST_EXACT && value <= LARGEST_EXACT) {
    lb_str_addf(xml, "<c r=\"%s\"><v>%lld</v></c>", place, (long long)value);
    return;
  }
  size_t length = (size_t)snprintf(text, sizeof text, "%lld", (long long)value);
  add_text_cell(xml, place, 0, text, length);
}

static void add_moment(lb_str *xml, const char *place, int64_t microseconds, bool date)
{
  double serial;
  char text[LB_DATETIME_TEXT];
  if (lb_xlsx_serial(microseconds, &serial)) {
    add_number_cell(xml, place, date ? STYLE_DATE : STYLE_DATETIME, serial);
    return;
  }
  size_t length = date ? lb_date_format(text, (int32_t)(microseconds / DAY_MICROSECONDS))
                       : lb_datetime_format(text, microseconds);
  add_text_cell(xml, place, 0, text, length);
}

static lb_status add_cell(lb_str *xml, const char *place, const lb_column *c, size_t row,
                          lb_error *err)
{
  size_t length;
  if (!lb_is_valid(lb_column_valid(c), row)) return LB_OK;
  switch (lb_column_type(c)) {
  case LB_REAL:
    add_real(xml, place, lb_column_real(c)[row]);
    break;
  case LB_INTEGER:
    add_integer(xml, place, lb_column_integer(c)[row]);
    break;
  case LB_LOGICAL:
    lb_str_addf(xml, "<c r=\"%s\" t=\"b\"><v>%d</v></c>", place,
                lb_bit_get(lb_column_logical(c), row));
    break;
  case LB_DATE:
    add_moment(xml, place, lb_column_days(c)[row] * DAY_MICROSECONDS, true);
    break;
  case LB_DATETIME:
    add_moment(xml, place, lb_column_integer(c)[row], false);
    break;
  default: {
    const char *text = lb_column_text(c, row, &length);
    if (lb_utf8_length(text, length) > TEXT_MAX)
      return lb_error_set(err, LB_EDATA, "%s: a text of more than %d characters", place, TEXT_MAX);
    add_text_cell(xml, place, 0, text, length);
  }
  }
  return LB_OK;
}

static void add_header(lb_str *xml, const lb_frame *frame)
{
  char letters[8], place[20];
  lb_str_puts(xml, "<row r=\"1\">");
  for (size_t i = 0; i < lb_frame_columns(frame); i++) {
    const char *name = lb_frame_name(frame, i);
    lb_cell_letters(i, letters);
    snprintf(place, sizeof place, "%s1", letters);
    add_text_cell(xml, place, STYLE_HEADER, name, strlen(name));
  }
  lb_str_puts(xml, "</row>");
}

/* Dates need room: a narrow column shows ####. */
static void add_widths(lb_str *xml, const lb_frame *frame)
{
  if (lb_frame_columns(frame) == 0) return;
  lb_str_puts(xml, "<cols>");
  for (size_t i = 0; i < lb_frame_columns(frame); i++) {
    lb_type type = lb_column_type(lb_frame_column_source(frame, i));
    int width = type == LB_DATETIME ? 20 : 12;
    lb_str_addf(xml, "<col min=\"%zu\" max=\"%zu\" width=\"%d\" customWidth=\"1\"/>", i + 1, i + 1,
                width);
  }
  lb_str_puts(xml, "</cols>");
}

static lb_status add_rows(lb_str *xml, const lb_frame *frame, lb_error *err)
{
  char letters[8], place[20];
  lb_status st = LB_OK;
  for (size_t row = 0; row < lb_frame_rows(frame) && st == LB_OK; row++) {
    if (row % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
    lb_str_addf(xml, "<row r=\"%zu\">", row + 2);
    for (size_t i = 0; i < lb_frame_columns(frame) && st == LB_OK; i++) {
      const lb_column *column;
      st = lb_frame_column(frame, i, &column, err);
      lb_cell_letters(i, letters);
      snprintf(place, sizeof place, "%s%zu", letters, row + 2);
      if (st == LB_OK) st = add_cell(xml, place, column, row, err);
    }
    lb_str_puts(xml, "</row>");
  }
  return st;
}

static lb_status write_sheet(const lb_frame *frame, lb_str *xml, lb_error *err)
{
  lb_str_puts(xml, XML_HEAD);
  lb_str_puts(xml, "<worksheet xmlns=\"" MAIN_NS "\"><sheetViews><sheetView workbookViewId=\"0\">"
                   "<pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" "
                   "state=\"frozen\"/></sheetView></sheetViews>");
  add_widths(xml, frame);
  lb_str_puts(xml, "<sheetData>");
  add_header(xml, frame);
  lb_status st = add_rows(xml, frame, err);
  lb_str_puts(xml, "</sheetData></worksheet>");
  if (st == LB_OK && xml->failed) st = lb_error_nomem(err, "sheet");
  return st;
}

static lb_status write_book(const char *sheet, lb_str *xml, lb_error *err)
{
  lb_str_puts(xml, XML_HEAD);
  lb_str_puts(xml, "<workbook xmlns=\"" MAIN_NS "\" xmlns:r=\"" REL_NS "\"><sheets><sheet name=\"");
  for (const char *c = sheet; *c != '\0'; c++) { /* no _x escapes in a name */
    char one = *c;
    if (one == '_') lb_str_putc(xml, one);
    if (one != '_') add_escaped(xml, &one, 1);
  }
  lb_str_puts(xml, "\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>");
  return xml->failed ? lb_error_nomem(err, "workbook") : LB_OK;
}

/* ---- The archive ---- */

typedef struct zip_api {
  __typeof__(zip_source_buffer_create) *source_buffer_create;
  __typeof__(zip_source_free) *source_free;
  __typeof__(zip_source_keep) *source_keep;
  __typeof__(zip_source_open) *source_open;
  __typeof__(zip_source_close) *source_close;
  __typeof__(zip_source_read) *source_read;
  __typeof__(zip_open_from_source) *open_from_source;
  __typeof__(zip_file_add) *file_add;
  __typeof__(zip_file_set_dostime) *file_set_dostime;
  __typeof__(zip_close) *close;
  __typeof__(zip_discard) *discard;
} zip_api;

static lb_status open_zip(zip_api *api, lb_error *err)
{
  static const lb_library_symbol SYMBOLS[] = {
      {"zip_source_buffer_create", offsetof(zip_api, source_buffer_create)},
      {"zip_source_free", offsetof(zip_api, source_free)},
      {"zip_source_keep", offsetof(zip_api, source_keep)},
      {"zip_source_open", offsetof(zip_api, source_open)},
      {"zip_source_close", offsetof(zip_api, source_close)},
      {"zip_source_read", offsetof(zip_api, source_read)},
      {"zip_open_from_source", offsetof(zip_api, open_from_source)},
      {"zip_file_add", offsetof(zip_api, file_add)},
      {"zip_file_set_dostime", offsetof(zip_api, file_set_dostime)},
      {"zip_close", offsetof(zip_api, close)},
      {"zip_discard", offsetof(zip_api, discard)},
  };
  static const lb_library ZIP = {"libzip.so.4", "libzip4", "xlsx files", SYMBOLS,
                                 sizeof SYMBOLS / sizeof *SYMBOLS};
  return lb_library_open(&ZIP, api, err);
}

static bool add_part(const zip_api *api, zip_t *archive, const char *name, const char *bytes,
                     size_t length)
{
  zip_error_t *no_report = NULL;
  zip_source_t *source = api->source_buffer_create(bytes, length, 0, no_report);
  if (source == NULL) return false;
  zip_int64_t at = api->file_add(archive, name, source, ZIP_FL_ENC_UTF_8);
  if (at < 0) {
    api->source_free(source);
    return false;
  }
  return api->file_set_dostime(archive, (zip_uint64_t)at, 0, DOS_DATE, 0) == 0;
}

static bool read_back(const zip_api *api, zip_source_t *source, lb_str *out)
{
  char block[16384];
  zip_int64_t n;
  if (api->source_open(source) != 0) return false;
  while ((n = api->source_read(source, block, sizeof block)) > 0) lb_str_add(out, block, (size_t)n);
  api->source_close(source);
  return n == 0 && !out->failed;
}

typedef struct part {
  const char *name, *bytes;
  size_t length;
} part;

/* libzip keeps its own memory: a failure of it is reported as out of memory, the only cause there
 * is when everything stays in memory. */
static lb_status zip_parts(const part *parts, size_t n, lb_str *out, lb_error *err)
{
  zip_api api;
  lb_status st = open_zip(&api, err);
  if (st != LB_OK) return st;
  zip_source_t *source = api.source_buffer_create(NULL, 0, 0, NULL);
  zip_t *archive =
      source == NULL ? NULL : api.open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, NULL);
  if (archive == NULL) {
    if (source != NULL) api.source_free(source);
    return lb_error_nomem(err, "xlsx file");
  }
  api.source_keep(source); /* closing the archive would free it before it is read back */
  bool ok = true;
  for (size_t i = 0; i < n && ok; i++)
    ok = add_part(&api, archive, parts[i].name, parts[i].bytes, parts[i].length);
  if (ok) ok = api.close(archive) == 0;
  if (!ok) api.discard(archive);
  ok = ok && read_back(&api, source, out);
  api.source_free(source);
  return ok ? LB_OK : lb_error_nomem(err, "xlsx file");
}

/* ---- All of it ---- */

static lb_status check_sheet(const lb_frame *frame, const char *sheet, lb_error *err)
{
  size_t length = strlen(sheet);
  if (length == 0 || lb_utf8_length(sheet, length) > NAME_MAX_LENGTH ||
      strpbrk(sheet, "[]:*?/\\") != NULL || sheet[0] == '\'' || sheet[length - 1] == '\'')
    return lb_error_set(err, LB_EARG,
                        "sheet '%s': a name has 1 to %d characters, none of them [ ] : * ? / \\",
                        sheet, NAME_MAX_LENGTH);
  if (lb_frame_rows(frame) > LB_XLSX_ROWS - 1 || lb_frame_columns(frame) > LB_XLSX_COLUMNS) {
    lb_error_set(err, LB_EDATA, "%zu rows and %zu columns: a sheet holds %zu and %zu",
                 lb_frame_rows(frame), lb_frame_columns(frame), LB_XLSX_ROWS - 1, LB_XLSX_COLUMNS);
    return lb_error_mend(err, "Write a csv file.");
  }
  return LB_OK;
}

lb_status lb_xlsx_write(const lb_frame *frame, const char *sheet, char **data, size_t *length,
                        lb_error *err)
{
  lb_str xml = {0}, book = {0}, out = {0};
  if (sheet == NULL) sheet = "Data";
  lb_status st = check_sheet(frame, sheet, err);
  if (st == LB_OK) st = lb_check_zero_bytes(frame, err);
  if (st == LB_OK) st = write_book(sheet, &book, err);
  if (st == LB_OK) st = write_sheet(frame, &xml, err);
  if (st == LB_OK) {
    const part parts[] = {
        {"[Content_Types].xml", CONTENT_TYPES, sizeof CONTENT_TYPES - 1},
        {"_rels/.rels", ROOT_RELS, sizeof ROOT_RELS - 1},
        {"xl/workbook.xml", book.data, book.length},
        {"xl/_rels/workbook.xml.rels", BOOK_RELS, sizeof BOOK_RELS - 1},
        {"xl/styles.xml", STYLES, sizeof STYLES - 1},
        {"xl/worksheets/sheet1.xml", xml.data, xml.length},
    };
    st = zip_parts(parts, sizeof parts / sizeof *parts, &out, err);
  }
  if (st == LB_OK) {
    char *bytes = lb_str_take(&out, length);
    if (bytes == NULL)
      st = lb_error_nomem(err, "xlsx file");
    else
      *data = bytes;
  }
  lb_str_reset(&xml);
  lb_str_reset(&book);
  lb_str_reset(&out);
  return st;
}
