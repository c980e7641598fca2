/* json.c - JSON to and from a tree of cJSON nodes; the text is checked here, strictly, before cJSON
 * sees it. */
#include "io/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define NESTING_MAX 500
/* cJSON reads numbers through a buffer of 64 bytes. */
#define NUMBER_MAX 62
/* Lists of scalars up to this many items and bytes stay on one line. */
#define SHORT_ITEMS 32
#define SHORT_BYTES 80
/* Beyond this a double no longer holds every integer. */
#define EXACT_INTEGER ((int64_t)1 << 53)

void lb_json_init(void)
{
  cJSON_Hooks hooks = {lb_mem_alloc, lb_mem_free};
  cJSON_InitHooks(&hooks);
}

/* ---- Reading ----
 * cJSON is lenient (numbers like 01, control characters in strings, NUL) and tells a failed
 * allocation and a wrong character apart in no way. So the grammar of RFC 8259 is checked first:
 * what cJSON then refuses, it refuses for want of memory. */

typedef struct scan {
  const char *text;
  size_t length, at;
  const char *fault; /* what is wrong at `at` */
  size_t depth;
  char open[NESTING_MAX]; /* '{' or '[' */
} scan;

static int peek(const scan *s)
{
  return s->at < s->length ? (unsigned char)s->text[s->at] : -1;
}

static bool fail(scan *s, const char *fault)
{
  s->fault = s->at < s->length ? fault : "the text ends too early";
  return false;
}

static void skip_blanks(scan *s)
{
  for (int c = peek(s); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(s)) s->at++;
}

static bool scan_digits(scan *s)
{
  size_t start = s->at;
  for (int c = peek(s); c >= '0' && c <= '9'; c = peek(s)) s->at++;
  return s->at > start || fail(s, "a digit was expected");
}

static bool scan_number(scan *s)
{
  size_t start = s->at;
  if (peek(s) == '-') s->at++;
  if (peek(s) == '0')
    s->at++;
  else if (!scan_digits(s))
    return false;
  if (peek(s) == '.') {
    s->at++;
    if (!scan_digits(s)) return false;
  }
  if (peek(s) == 'e' || peek(s) == 'E') {
    s->at++;
    if (peek(s) == '+' || peek(s) == '-') s->at++;
    if (!scan_digits(s)) return false;
  }
  double value = 0;
  bool is_short = s->at - start <= NUMBER_MAX;
  if (is_short && lb_parse_real(s->text + start, s->at - start, &value) && isfinite(value))
    return true;
  s->at = start;
  return fail(s,
              is_short ? "a number too large for a double" : "a number of more than 62 characters");
}

/* Four hexadecimal digits after \u. */
static bool scan_hex(scan *s, unsigned *code)
{
  *code = 0;
  for (int i = 0; i < 4; i++, s->at++) {
    int c = peek(s);
    if (c >= '0' && c <= '9')
      *code = *code * 16 + (unsigned)(c - '0');
    else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
      *code = *code * 16 + (unsigned)((c | 32) - 'a') + 10;
    else
      return fail(s, "four hexadecimal digits should follow \\u");
  }
  return true;
}

static bool scan_escape(scan *s)
{
  int c = peek(s);
  if (c < 0 || c == 0 || strchr("\"\\/bfnrtu", c) == NULL)
    return fail(s, "an unknown escape after '\\'");
  s->at++;
  unsigned code = 0, low = 0;
  if (c != 'u') return true;
  if (!scan_hex(s, &code)) return false;
  if (code == 0) return fail(s, "the character \\u0000 is not accepted");
  if (code >= 0xDC00 && code <= 0xDFFF) return fail(s, "half of a surrogate pair");
  if (code < 0xD800 || code > 0xDBFF) return true;
  if (s->at + 1 >= s->length || s->text[s->at] != '\\' || s->text[s->at + 1] != 'u')
    return fail(s, "half of a surrogate pair");
  s->at += 2;
  if (!scan_hex(s, &low)) return false;
  return (low >= 0xDC00 && low <= 0xDFFF) || fail(s, "half of a surrogate pair");
}

static bool scan_string(scan *s)
{
  if (peek(s) != '"') return fail(s, "a string in double quotes was expected");
  s->at++;
  for (int c = peek(s); c != '"'; c = peek(s)) {
    if (c < 0) return fail(s, "");
    if (c < 0x20) return fail(s, "a control character inside a string");
    s->at++;
    if (c == '\\' && !scan_escape(s)) return false;
  }
  s->at++;
  return true;
}

static bool scan_word(scan *s)
{
  static const char *const WORD[] = {"true", "false", "null"};
  for (size_t i = 0; i < sizeof WORD / sizeof *WORD; i++) {
    size_t n = strlen(WORD[i]);
    if (s->length - s->at >= n && memcmp(s->text + s->at, WORD[i], n) == 0) {
      s->at += n;
      return true;
    }
  }
  return fail(s, "a value was expected");
}

static bool scan_name(scan *s)
{
  skip_blanks(s);
  if (!scan_string(s)) return false;
  skip_blanks(s);
  if (peek(s) != ':') return fail(s, "':' was expected");
  s->at++;
  return true;
}

/* Enters a list or object. *empty: it closed at once, and counts as a finished value. */
static bool scan_open(scan *s, bool *empty)
{
  char open = s->text[s->at];
  if (s->depth == NESTING_MAX) return fail(s, "nesting deeper than 500 levels");
  s->at++;
  skip_blanks(s);
  *empty = peek(s) == (open == '{' ? '}' : ']');
  if (*empty) {
    s->at++;
    return true;
  }
  s->open[s->depth++] = open;
  return open == '[' || scan_name(s);
}

/* After a value: closes what ends here; stops where the next value begins, or at depth 0. */
static bool scan_close(scan *s)
{
  while (s->depth > 0) {
    bool object = s->open[s->depth - 1] == '{';
    skip_blanks(s);
    int c = peek(s);
    if (c == ',') {
      s->at++;
      return !object || scan_name(s);
    }
    if (c != (object ? '}' : ']'))
      return fail(s, object ? "',' or '}' was expected" : "',' or ']' was expected");
    s->at++;
    s->depth--;
  }
  return true;
}

static bool scan_document(scan *s)
{
  do {
    skip_blanks(s);
    int c = peek(s);
    bool empty = true, ok;
    if (c == '{' || c == '[')
      ok = scan_open(s, &empty);
    else if (c == '"')
      ok = scan_string(s);
    else if (c == '-' || (c >= '0' && c <= '9'))
      ok = scan_number(s);
    else
      ok = scan_word(s);
    if (!ok || (empty && !scan_close(s))) return false;
  } while (s->depth > 0);
  skip_blanks(s);
  return s->at == s->length || fail(s, "text after the end of the value");
}

static bool continues(const char *text, size_t at)
{
  return ((unsigned char)text[at] & 0xC0) == 0x80;
}

/* "line 3, column 7: ..." and a caret. */
static lb_status fault_at(lb_error *err, const scan *s)
{
  size_t line = 1, start = 0, end = s->at < s->length ? s->at + 1 : s->at;
  for (size_t i = 0; i < s->at; i++) {
    if (s->text[i] != '\n') continue;
    line++;
    start = i + 1;
  }
  size_t column = lb_utf8_length(s->text + start, s->at - start) + 1;
  lb_error_set(err, LB_EPARSE, "line %zu, column %zu: %s", line, column, s->fault);
  lb_error_caret(err, s->text, s->length, s->at, end);
  return LB_EPARSE;
}

/* First byte of the first ill-formed sequence. */
static size_t first_ill_formed(const char *text, size_t length)
{
  size_t at = 0;
  while (at < length) {
    size_t n = 1;
    while (n < 4 && at + n < length && continues(text, at + n)) n++;
    if (!lb_utf8_valid(text + at, n)) return at;
    at += n;
  }
  return at;
}

/* ---- Whole numbers beyond 2^53 ----
 * cJSON keeps doubles only. So the numbers of the text, which stand in the order in which the tree
 * is walked, are looked at once more, and those that a double would change become raw nodes. */

/* Finds the next number of a text that is well formed. */
static const char *next_number(scan *s, size_t *length)
{
  for (int c = peek(s); c != '-' && (c < '0' || c > '9'); c = peek(s)) {
    if (c == '"')
      scan_string(s);
    else
      s->at++;
  }
  size_t start = s->at;
  scan_number(s);
  *length = s->at - start;
  return s->text + start;
}

/* false: out of memory. */
static bool keep_integers(cJSON *item, scan *s)
{
  if (cJSON_IsNumber(item)) {
    size_t length;
    int64_t value;
    const char *number = next_number(s, &length);
    if (!lb_parse_integer(number, length, &value)) return true;
    if (value >= -EXACT_INTEGER && value <= EXACT_INTEGER) return true;
    item->valuestring = lb_mem_text(number, length);
    item->type = (item->type & ~0xFF) | cJSON_Raw;
    return item->valuestring != NULL;
  }
  for (cJSON *child = item->child; child != NULL; child = child->next)
    if (!keep_integers(child, s)) return false;
  return true;
}

lb_status lb_json_parse(const char *text, size_t length, lb_json **out, lb_error *err)
{
  if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
    text += 3;
    length -= 3;
  }
  if (!lb_utf8_valid(text, length)) {
    lb_error_set(err, LB_EPARSE, "the text is not UTF-8 (byte %zu)",
                 first_ill_formed(text, length) + 1);
    lb_error_mend(err, "Save it as UTF-8.");
    return LB_EPARSE;
  }
  scan s = {.text = text, .length = length};
  if (!scan_document(&s)) return fault_at(err, &s);
  cJSON *root = cJSON_ParseWithLengthOpts(text, length, NULL, 0);
  s.at = 0;
  if (root == NULL || !keep_integers(root, &s)) {
    cJSON_Delete(root);
    return lb_error_nomem(err, "JSON");
  }
  *out = (lb_json *)root;
  return LB_OK;
}

/* ---- Looking ---- */

static const cJSON *node_of(const lb_json *node)
{
  return (const cJSON *)node;
}

void lb_json_free(lb_json *root)
{
  cJSON_Delete((cJSON *)root);
}

lb_json_kind lb_json_type(const lb_json *node)
{
  switch (node_of(node)->type & 0xFF) {
  case cJSON_False:
  case cJSON_True:
    return LB_JSON_BOOLEAN;
  case cJSON_Number:
  case cJSON_Raw:
    return LB_JSON_NUMBER;
  case cJSON_String:
    return LB_JSON_TEXT;
  case cJSON_Array:
    return LB_JSON_LIST;
  case cJSON_Object:
    return LB_JSON_OBJECT;
  default:
    return LB_JSON_NULL;
  }
}

bool lb_json_boolean(const lb_json *node)
{
  return cJSON_IsTrue(node_of(node)) != 0;
}

double lb_json_number(const lb_json *node)
{
  const cJSON *item = node_of(node);
  double value = NAN;
  if (cJSON_IsNumber(item)) return item->valuedouble;
  if (cJSON_IsRaw(item)) lb_parse_real(item->valuestring, strlen(item->valuestring), &value);
  return value;
}

bool lb_json_integer(const lb_json *node, int64_t *out)
{
  const cJSON *item = node_of(node);
  if (cJSON_IsRaw(item)) return lb_parse_integer(item->valuestring, strlen(item->valuestring), out);
  const double limit = (double)EXACT_INTEGER;
  double value = cJSON_IsNumber(item) ? item->valuedouble : NAN;
  if (!(value >= -limit && value <= limit) || value != (double)(int64_t)value) return false;
  *out = (int64_t)value;
  return true;
}

const char *lb_json_text(const lb_json *node)
{
  return cJSON_IsString(node_of(node)) ? node_of(node)->valuestring : NULL;
}

const lb_json *lb_json_first(const lb_json *node)
{
  return (const lb_json *)node_of(node)->child;
}

const lb_json *lb_json_next(const lb_json *node)
{
  return (const lb_json *)node_of(node)->next;
}

const char *lb_json_name(const lb_json *node)
{
  return node_of(node)->string;
}

/* ---- Building ---- */

lb_json *lb_json_new(lb_json_kind kind)
{
  switch (kind) {
  case LB_JSON_NULL:
    return (lb_json *)cJSON_CreateNull();
  case LB_JSON_BOOLEAN:
    return (lb_json *)cJSON_CreateFalse();
  case LB_JSON_NUMBER:
    return (lb_json *)cJSON_CreateNumber(0);
  case LB_JSON_TEXT:
    return (lb_json *)cJSON_CreateString("");
  case LB_JSON_LIST:
    return (lb_json *)cJSON_CreateArray();
  default:
    return (lb_json *)cJSON_CreateObject();
  }
}

lb_json *lb_json_new_boolean(bool value)
{
  return (lb_json *)cJSON_CreateBool(value);
}

lb_json *lb_json_new_number(double value)
{
  if (isnan(value)) return lb_json_new_text("NaN");
  if (isinf(value)) return lb_json_new_text(value > 0 ? "Inf" : "-Inf");
  return (lb_json *)cJSON_CreateNumber(value);
}

lb_json *lb_json_new_integer(int64_t value)
{
  if (value >= -EXACT_INTEGER && value <= EXACT_INTEGER)
    return (lb_json *)cJSON_CreateNumber((double)value);
  char digits[24], *p = digits + sizeof digits - 1;
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  *p = '\0';
  for (; rest > 0; rest /= 10) *--p = (char)('0' + rest % 10);
  if (value < 0) *--p = '-';
  return (lb_json *)cJSON_CreateRaw(p);
}

lb_json *lb_json_new_text(const char *text)
{
  return (lb_json *)cJSON_CreateString(text);
}

bool lb_json_push(lb_json *parent, const char *name, lb_json *child)
{
  cJSON *item = (cJSON *)child;
  bool ok = parent != NULL && child != NULL;
  if (ok && name != NULL)
    ok = cJSON_AddItemToObject((cJSON *)parent, name, item) != 0;
  else if (ok)
    ok = cJSON_AddItemToArray((cJSON *)parent, item) != 0;
  if (!ok) cJSON_Delete(item);
  return ok;
}

/* ---- Printing: cJSON writes 17 digits where fewer read back the same. ---- */

/* A number read from 1e999 is infinite: written as lb_json_new_number would. */
static void add_number(lb_str *s, double value)
{
  char digits[LB_REAL_TEXT];
  size_t n = lb_format_real(digits, value);
  if (!isfinite(value)) lb_str_putc(s, '"');
  lb_str_add(s, digits, n);
  if (!isfinite(value)) lb_str_putc(s, '"');
}

static void add_control(lb_str *s, unsigned char c)
{
  static const char SHORT[] = "\bb\ff\nn\rr\tt";
  for (size_t i = 0; SHORT[i] != '\0'; i += 2) {
    if (c != (unsigned char)SHORT[i]) continue;
    lb_str_putc(s, '\\');
    lb_str_putc(s, SHORT[i + 1]);
    return;
  }
  lb_str_addf(s, "\\u%04x", c);
}

/* Ill-formed bytes become U+FFFD, so that what is written can always be read. */
static void add_text(lb_str *s, const char *text)
{
  size_t n = strlen(text);
  bool valid = lb_utf8_valid(text, n);
  lb_str_putc(s, '"');
  for (size_t i = 0; i < n;) {
    unsigned char c = (unsigned char)text[i];
    size_t wide = 1;
    if (c == '"' || c == '\\') {
      lb_str_putc(s, '\\');
      lb_str_putc(s, (char)c);
    } else if (c < 0x20) {
      add_control(s, c);
    } else {
      while (c >= 0xC0 && wide < 4 && i + wide < n && continues(text, i + wide)) wide++;
      bool good = valid || lb_utf8_valid(text + i, wide);
      if (good)
        lb_str_add(s, text + i, wide);
      else
        lb_str_puts(s, "\xEF\xBF\xBD");
    }
    i += wide;
  }
  lb_str_putc(s, '"');
}

static void add_break(lb_str *s, int indent, size_t depth)
{
  if (indent == 0) return;
  lb_str_putc(s, '\n');
  for (size_t i = 0; i < (size_t)indent * depth; i++) lb_str_putc(s, ' ');
}

static bool is_short_list(const cJSON *item)
{
  size_t n = 0;
  if (!cJSON_IsArray(item)) return false;
  for (const cJSON *child = item->child; child != NULL; child = child->next)
    if (cJSON_IsArray(child) || cJSON_IsObject(child) || ++n > SHORT_ITEMS) return false;
  return true;
}

static bool add_node(lb_str *s, const cJSON *item, int indent, size_t depth);

/* flat: separated by blanks only, on the line where it stands. */
static bool add_children(lb_str *s, const cJSON *item, int indent, size_t depth, bool flat)
{
  bool object = cJSON_IsObject(item) != 0;
  lb_str_putc(s, object ? '{' : '[');
  for (const cJSON *child = item->child; child != NULL; child = child->next) {
    if (!flat) add_break(s, indent, depth + 1);
    if (object) {
      add_text(s, child->string != NULL ? child->string : "");
      lb_str_puts(s, indent == 0 ? ":" : ": ");
    }
    if (!add_node(s, child, indent, depth + 1)) return false;
    if (child->next != NULL) lb_str_puts(s, flat ? ", " : ",");
  }
  if (item->child != NULL && !flat) add_break(s, indent, depth);
  lb_str_putc(s, object ? '}' : ']');
  return true;
}

static bool add_list(lb_str *s, const cJSON *item, int indent, size_t depth)
{
  size_t start = s->length;
  if (indent > 0 && is_short_list(item)) {
    add_children(s, item, indent, depth, true);
    if (s->failed || s->length - start <= SHORT_BYTES) return true;
    s->length = start;
  }
  return add_children(s, item, indent, depth, false);
}

/* false: nested too deeply to be read again. */
static bool add_node(lb_str *s, const cJSON *item, int indent, size_t depth)
{
  switch (item->type & 0xFF) {
  case cJSON_False:
    lb_str_puts(s, "false");
    break;
  case cJSON_True:
    lb_str_puts(s, "true");
    break;
  case cJSON_Number:
    add_number(s, item->valuedouble);
    break;
  case cJSON_Raw:
    lb_str_puts(s, item->valuestring);
    break;
  case cJSON_String:
    add_text(s, item->valuestring);
    break;
  case cJSON_Array:
  case cJSON_Object:
    return depth < NESTING_MAX && add_list(s, item, indent, depth);
  default:
    lb_str_puts(s, "null");
  }
  return true;
}

lb_status lb_json_print(const lb_json *root, int indent, char **text, size_t *length, lb_error *err)
{
  lb_str s = {0};
  size_t n = 0;
  if (!add_node(&s, node_of(root), indent, 0)) {
    lb_str_reset(&s);
    return lb_error_set(err, LB_EARG, "lists and objects are nested deeper than %d levels",
                        NESTING_MAX);
  }
  char *bytes = lb_str_take(&s, &n);
  if (bytes == NULL) {
    lb_str_reset(&s);
    return lb_error_nomem(err, "JSON");
  }
  *text = bytes;
  if (length != NULL) *length = n;
  return LB_OK;
}
