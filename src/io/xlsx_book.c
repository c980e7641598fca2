/* xlsx_book.c - workbook, relationships, styles and shared strings of a spreadsheet. */
#include "io/xlsx_book.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/room.h"

static char *copy(const char *text)
{
  return lb_mem_text(text, strlen(text));
}

static bool is_true(const char *value)
{
  return value != NULL && (strcmp(value, "1") == 0 || strcmp(value, "true") == 0);
}

static bool ends_with(const char *text, const char *end)
{
  size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

/* ---- Where things are ---- */

typedef struct relations {
  lb_xlsx_book *book;
  char *workbook, *styles, *strings; /* parts */
  lb_str folder;                     /* of the workbook, with its slash */
} relations;

/* A target of a relationship as the name of a part. NULL: out of memory. */
static char *part_name(const relations *r, const char *target)
{
  lb_str name = {0};
  if (target[0] == '/')
    target++;
  else
    lb_str_puts(&name, r->folder.length == 0 ? "" : r->folder.data);
  while (strncmp(target, "./", 2) == 0) target += 2;
  while (strncmp(target, "../", 3) == 0 && name.length > 0) {
    name.length--;
    while (name.length > 0 && name.data[name.length - 1] != '/') name.length--;
    target += 3;
  }
  lb_str_puts(&name, target);
  return lb_str_take(&name, NULL);
}

static lb_status keep_part(const relations *r, char **place, const char *target, lb_error *err)
{
  if (*place != NULL) return LB_OK;
  *place = part_name(r, target);
  return *place == NULL ? lb_error_nomem(err, "xlsx parts") : LB_OK;
}

static lb_status on_relation(void *context, const char *name, const char **attributes,
                             lb_error *err)
{
  relations *r = context;
  const char *type = lb_xml_attribute(attributes, "Type");
  const char *target = lb_xml_attribute(attributes, "Target");
  const char *id = lb_xml_attribute(attributes, "Id");
  lb_status st = LB_OK;
  if (strcmp(name, "Relationship") != 0 || type == NULL || target == NULL) return LB_OK;
  if (ends_with(type, "/officeDocument")) return keep_part(r, &r->workbook, target, err);
  if (ends_with(type, "/styles")) return keep_part(r, &r->styles, target, err);
  if (ends_with(type, "/sharedStrings")) return keep_part(r, &r->strings, target, err);
  for (size_t i = 0; id != NULL && i < r->book->n_sheets && st == LB_OK; i++)
    if (strcmp(r->book->sheet[i].relation, id) == 0)
      st = keep_part(r, &r->book->sheet[i].part, target, err);
  return st;
}

static lb_status add_sheet(lb_xlsx_book *book, const char **attributes, lb_error *err)
{
  const char *name = lb_xml_attribute(attributes, "name");
  const char *state = lb_xml_attribute(attributes, "state"), *relation = NULL;
  for (size_t i = 0; attributes[i] != NULL; i += 2) /* r:id; "id" alone would match sheetId's kin */
    if (ends_with(attributes[i], ":id") || strcmp(attributes[i], "id") == 0)
      relation = attributes[i + 1];
  if (name == NULL || relation == NULL)
    return lb_error_set(err, LB_EPARSE, "a sheet without a name or place");
  if (!lb_room(&book->sheet, book->n_sheets, &book->sheet_capacity, sizeof *book->sheet))
    return lb_error_nomem(err, "sheets");
  lb_xlsx_sheet *sheet = &book->sheet[book->n_sheets++];
  *sheet = (lb_xlsx_sheet){.name = copy(name), .relation = copy(relation)};
  sheet->hidden = state != NULL && strcmp(state, "visible") != 0;
  return sheet->name == NULL || sheet->relation == NULL ? lb_error_nomem(err, "sheets") : LB_OK;
}

static lb_status on_workbook(void *context, const char *name, const char **attributes,
                             lb_error *err)
{
  lb_xlsx_book *book = context;
  if (strcmp(name, "workbookPr") == 0)
    book->from_1904 = is_true(lb_xml_attribute(attributes, "date1904"));
  return strcmp(name, "sheet") == 0 ? add_sheet(book, attributes, err) : LB_OK;
}

/* "xl/workbook.xml": folder "xl/", relations in "xl/_rels/workbook.xml.rels". */
static lb_status read_relations(lb_package *package, relations *r, lb_error *err)
{
  static const lb_xml_handlers HANDLERS = {.start = on_relation};
  const char *slash = strrchr(r->workbook, '/');
  size_t folder = slash == NULL ? 0 : (size_t)(slash - r->workbook) + 1;
  bool found;
  lb_str part = {0};
  lb_str_add(&r->folder, r->workbook, folder);
  lb_str_addf(&part, "%s_rels/%s.rels", folder == 0 ? "" : r->folder.data, r->workbook + folder);
  lb_status st = part.failed || r->folder.failed
                     ? lb_error_nomem(err, "xlsx parts")
                     : lb_package_parse(package, part.data, &HANDLERS, r, &found, err);
  lb_str_reset(&part);
  return st;
}

/* ---- Styles ---- */

typedef struct styles {
  lb_xlsx_book *book;
  struct number_format {
    long id;
    lb_xlsx_format format;
  } * format;
  bool *filled; /* by fill */
  size_t n_formats, format_capacity, n_fills, fill_capacity;
  bool in_fills, in_xfs;
} styles;

static lb_status add_number_format(styles *s, const char **attributes, lb_error *err)
{
  const char *id = lb_xml_attribute(attributes, "numFmtId");
  const char *code = lb_xml_attribute(attributes, "formatCode");
  if (id == NULL || code == NULL) return LB_OK;
  if (!lb_room(&s->format, s->n_formats, &s->format_capacity, sizeof *s->format))
    return lb_error_nomem(err, "number formats");
  s->format[s->n_formats].id = strtol(id, NULL, 10);
  s->format[s->n_formats++].format = lb_xlsx_format_code(code);
  return LB_OK;
}

static lb_status add_style(styles *s, const char **attributes, lb_error *err)
{
  lb_xlsx_book *book = s->book;
  const char *number = lb_xml_attribute(attributes, "numFmtId");
  const char *fill = lb_xml_attribute(attributes, "fillId");
  long id = number == NULL ? 0 : strtol(number, NULL, 10);
  unsigned long fill_id = fill == NULL ? 0 : strtoul(fill, NULL, 10);
  if (!lb_room(&book->style, book->n_styles, &book->style_capacity, sizeof *book->style))
    return lb_error_nomem(err, "styles");
  lb_xlsx_format format = lb_xlsx_builtin_format(id);
  for (size_t i = 0; i < s->n_formats; i++)
    if (s->format[i].id == id) format = s->format[i].format;
  book->style[book->n_styles++] =
      (lb_xlsx_style){(uint8_t)format, fill_id < s->n_fills && s->filled[fill_id]};
  return LB_OK;
}

/* A fill begins uncoloured; a pattern or gradient inside makes it coloured, white unmakes it. */
static lb_status on_fill(styles *s, const char *name, const char **attributes, lb_error *err)
{
  if (strcmp(name, "fill") == 0) {
    if (!lb_room(&s->filled, s->n_fills, &s->fill_capacity, sizeof *s->filled))
      return lb_error_nomem(err, "fills");
    s->filled[s->n_fills++] = false;
    return LB_OK;
  }
  if (s->n_fills == 0) return LB_OK;
  bool *filled = &s->filled[s->n_fills - 1];
  if (strcmp(name, "gradientFill") == 0) *filled = true;
  if (strcmp(name, "patternFill") == 0) {
    const char *pattern = lb_xml_attribute(attributes, "patternType");
    *filled = pattern != NULL && strcmp(pattern, "none") != 0 && strcmp(pattern, "gray125") != 0;
  }
  if (strcmp(name, "fgColor") == 0) {
    const char *rgb = lb_xml_attribute(attributes, "rgb");
    const char *theme = lb_xml_attribute(attributes, "theme");
    bool white = rgb != NULL && ends_with(rgb, "FFFFFF");
    bool background =
        theme != NULL && strcmp(theme, "0") == 0 && lb_xml_attribute(attributes, "tint") == NULL;
    if (white || background) *filled = false;
  }
  return LB_OK;
}

static lb_status on_style(void *context, const char *name, const char **attributes, lb_error *err)
{
  styles *s = context;
  if (strcmp(name, "numFmt") == 0) return add_number_format(s, attributes, err);
  if (strcmp(name, "fills") == 0) s->in_fills = true;
  if (strcmp(name, "cellXfs") == 0) s->in_xfs = true;
  if (s->in_xfs && strcmp(name, "xf") == 0) return add_style(s, attributes, err);
  return s->in_fills ? on_fill(s, name, attributes, err) : LB_OK;
}

static lb_status on_style_end(void *context, const char *name, lb_error *err)
{
  styles *s = context;
  (void)err;
  if (strcmp(name, "fills") == 0) s->in_fills = false;
  if (strcmp(name, "cellXfs") == 0) s->in_xfs = false;
  return LB_OK;
}

static lb_status read_styles(lb_package *package, lb_xlsx_book *book, const char *part,
                             lb_error *err)
{
  static const lb_xml_handlers HANDLERS = {.start = on_style, .end = on_style_end};
  styles s = {.book = book};
  bool found;
  lb_status st = lb_package_parse(package, part, &HANDLERS, &s, &found, err);
  lb_mem_free(s.format);
  lb_mem_free(s.filled);
  return st;
}

/* ---- Shared texts ---- */

void lb_xlsx_unescape(lb_str *s, size_t start)
{
  size_t to = start;
  if (s->failed || s->length <= start || memchr(s->data + start, '_', s->length - start) == NULL)
    return;
  for (size_t from = start; from < s->length;) {
    const char *c = s->data + from;
    unsigned code = 0;
    bool escape = s->length - from >= 7 && c[0] == '_' && c[1] == 'x' && c[6] == '_';
    for (size_t i = 2; escape && i < 6; i++) {
      escape = isxdigit((unsigned char)c[i]) != 0;
      code = 16 * code + (unsigned)(c[i] <= '9' ? c[i] - '0' : (c[i] | 32) - 'a' + 10);
    }
    /* Only ASCII: others are written as themselves, and a zero byte has no place in a text. */
    if (escape && code > 0 && code < 0x80) {
      s->data[to++] = (char)code;
      from += 7;
    } else {
      s->data[to++] = s->data[from++];
    }
  }
  s->length = to;
  s->data[to] = '\0';
}

typedef struct strings {
  lb_xlsx_book *book;
  bool in_item, in_text;
  int phonetic; /* depth inside reading aids, which are no part of the text */
  size_t start;
} strings;

static lb_status on_string(void *context, const char *name, const char **attributes, lb_error *err)
{
  strings *s = context;
  (void)attributes, (void)err;
  if (strcmp(name, "si") == 0) {
    s->in_item = true;
    s->start = s->book->text.length;
  }
  if (strcmp(name, "rPh") == 0) s->phonetic++;
  if (strcmp(name, "t") == 0) s->in_text = s->in_item && s->phonetic == 0;
  return LB_OK;
}

static lb_status on_string_text(void *context, const char *text, size_t length, lb_error *err)
{
  strings *s = context;
  if (s->in_text) lb_str_add(&s->book->text, text, length);
  return s->book->text.failed ? lb_error_nomem(err, "texts") : LB_OK;
}

static lb_status on_string_end(void *context, const char *name, lb_error *err)
{
  strings *s = context;
  lb_xlsx_book *book = s->book;
  if (strcmp(name, "t") == 0) s->in_text = false;
  if (strcmp(name, "rPh") == 0) s->phonetic--;
  if (strcmp(name, "si") != 0 || !s->in_item) return LB_OK;
  s->in_item = false;
  lb_xlsx_unescape(&book->text, s->start);
  if (!lb_room(&book->text_end, book->n_texts, &book->text_capacity, sizeof(size_t)))
    return lb_error_nomem(err, "texts");
  book->text_end[book->n_texts++] = book->text.length;
  return LB_OK;
}

static lb_status read_strings(lb_package *package, lb_xlsx_book *book, const char *part,
                              lb_error *err)
{
  static const lb_xml_handlers HANDLERS = {on_string, on_string_end, on_string_text};
  strings s = {.book = book};
  bool found;
  return lb_package_parse(package, part, &HANDLERS, &s, &found, err);
}

void lb_xlsx_shared(const lb_xlsx_book *book, size_t i, size_t *start, size_t *length)
{
  *start = i == 0 ? 0 : book->text_end[i - 1];
  *length = book->text_end[i] - *start;
}

/* ---- The workbook ---- */

static lb_status read_parts(lb_package *package, relations *r, lb_error *err)
{
  static const lb_xml_handlers ROOT = {.start = on_relation}, WORKBOOK = {.start = on_workbook};
  bool found = false;
  lb_status st = lb_package_parse(package, "_rels/.rels", &ROOT, r, &found, err);
  if (st == LB_OK) st = keep_part(r, &r->workbook, "xl/workbook.xml", err);
  if (st == LB_OK) st = lb_package_parse(package, r->workbook, &WORKBOOK, r->book, &found, err);
  if (st == LB_OK && (!found || r->book->n_sheets == 0))
    st = lb_error_set(err, LB_EPARSE, "not an xlsx file: it has no workbook with sheets");
  if (st == LB_OK) st = read_relations(package, r, err);
  if (st == LB_OK && r->styles != NULL) st = read_styles(package, r->book, r->styles, err);
  if (st == LB_OK && r->strings != NULL) st = read_strings(package, r->book, r->strings, err);
  return st;
}

lb_status lb_xlsx_book_read(lb_package *package, lb_xlsx_book *out, lb_error *err)
{
  lb_xlsx_book book = {0};
  relations r = {.book = &book};
  lb_status st = read_parts(package, &r, err);
  lb_mem_free(r.workbook);
  lb_mem_free(r.styles);
  lb_mem_free(r.strings);
  lb_str_reset(&r.folder);
  if (st == LB_OK)
    *out = book;
  else
    lb_xlsx_book_reset(&book);
  return st;
}

void lb_xlsx_book_reset(lb_xlsx_book *book)
{
  for (size_t i = 0; i < book->n_sheets; i++) {
    lb_mem_free(book->sheet[i].name);
    lb_mem_free(book->sheet[i].relation);
    lb_mem_free(book->sheet[i].part);
  }
  lb_mem_free(book->sheet);
  lb_mem_free(book->style);
  lb_mem_free(book->text_end);
  lb_str_reset(&book->text);
  *book = (lb_xlsx_book){0};
}
