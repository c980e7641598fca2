/* csv_source.c - a csv file opened: mapped, unzipped, and turned to UTF-8 by its byte order mark or
 * by the encoding given. */
#include "io/csv_source.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/names.h"
#include "io/csv_scan.h"
#include "io/gunzip.h"

#define STEP ((size_t)4 << 20) /* bytes a call, so that Ctrl-C is seen */

typedef struct encoding {
  const char *name;  /* as an option */
  const char *iconv; /* as the C library calls it */
  const char *shown;
  const char *mark; /* byte order mark */
  size_t width;     /* UTF-8 bytes for one byte, at most */
} encoding;

static const encoding ENCODINGS[] = {
    {"utf-8", NULL, "UTF-8", "\xEF\xBB\xBF", 1},
    {"utf-16le", "UTF-16LE", "UTF-16LE", "\xFF\xFE", 2},
    {"utf-16be", "UTF-16BE", "UTF-16BE", "\xFE\xFF", 2},
    {"latin1", "ISO-8859-1", "Latin-1", "", 2},
    {"windows-1252", "CP1252", "Windows-1252", "", 3},
};
#define N_ENCODINGS (sizeof ENCODINGS / sizeof *ENCODINGS)

static bool has_mark(const encoding *e, const char *bytes, size_t length)
{
  size_t n = strlen(e->mark);
  return n > 0 && length >= n && memcmp(bytes, e->mark, n) == 0;
}

/* The encoding named, or that of the byte order mark, or UTF-8. */
static const encoding *choose(const char *bytes, size_t length, const char *name, lb_error *err)
{
  const char *names[N_ENCODINGS];
  for (size_t i = 0; i < N_ENCODINGS; i++) {
    const encoding *e = &ENCODINGS[i];
    names[i] = e->name;
    if (name == NULL ? has_mark(e, bytes, length) : strcmp(name, e->name) == 0) return e;
  }
  if (name == NULL) return &ENCODINGS[0];
  lb_name_unknown(err, "encoding", "Encodings", name, names, N_ENCODINGS);
  if (err != NULL) err->code = LB_EARG;
  return NULL;
}

/* Latin-1 proper leaves 0x80 to 0x9F to control characters: who wrote one meant Windows-1252. */
static lb_status check_latin1(const char *bytes, size_t length, lb_error *err)
{
  for (size_t i = 0; i < length; i++) {
    unsigned byte = (unsigned char)bytes[i];
    if (byte < 0x80 || byte > 0x9F) continue;
    lb_error_set(err, LB_EPARSE, "line %zu holds the byte 0x%02X, which Latin-1 has no letter for",
                 lb_csv_count_breaks(bytes, i) + 1, byte);
    lb_error_mend(err, "Pass encoding = \"windows-1252\".");
    return LB_EPARSE;
  }
  return LB_OK;
}

/* Lines before a byte, for a message: those of the text that came out so far. */
static lb_status bad_bytes(const encoding *e, const char *out, size_t n, lb_error *err)
{
  lb_error_set(err, LB_EPARSE, "line %zu is not %s", lb_csv_count_breaks(out, n) + 1, e->shown);
  lb_error_mend(err,
                "Is the encoding another one? Encodings are: utf-8, utf-16le, utf-16be, latin1, "
                "windows-1252");
  return LB_EPARSE;
}

static lb_status convert(iconv_t way, const encoding *e, const char *bytes, size_t length,
                         char *out, size_t *n, lb_error *err)
{
  char *in = (char *)(uintptr_t)bytes, *to = out; /* iconv does not write to its input */
  size_t room = *n, left = length;
  while (left > 0) {
    size_t step = left < STEP ? left : STEP, rest = step;
    if (lb_interrupted()) return lb_error_interrupted(err);
    size_t result = iconv(way, &in, &rest, &to, &room);
    bool cut = result == (size_t)-1 && errno == EINVAL && rest < step; /* inside a character */
    if (result == (size_t)-1 && !cut) return bad_bytes(e, out, (size_t)(to - out), err);
    left -= step - rest;
  }
  *n = (size_t)(to - out);
  return LB_OK;
}

lb_status lb_csv_decode(const char *bytes, size_t length, const char *name, char **text,
                        size_t *text_length, lb_csv_facts *facts, lb_error *err)
{
  const encoding *e = choose(bytes, length, name, err);
  if (e == NULL) return LB_EARG;
  lb_csv_facts found = *facts;
  found.encoding = e->shown;
  found.byte_order_mark = has_mark(e, bytes, length);
  if (e->iconv == NULL) {
    *text = NULL;
    *facts = found;
    return LB_OK;
  }
  size_t skip = found.byte_order_mark ? strlen(e->mark) : 0, n = (length - skip) * e->width;
  if (strcmp(e->name, "latin1") == 0 && check_latin1(bytes, length, err) != LB_OK) return LB_EPARSE;
  iconv_t way = iconv_open("UTF-8", e->iconv);
  if (way == (iconv_t)-1)
    return lb_error_set(err, LB_EIO, "the C library of this system cannot read %s", e->shown);
  char *out = lb_mem_alloc(n);
  lb_status st = out == NULL ? lb_error_nomem(err, "decoded text")
                             : convert(way, e, bytes + skip, length - skip, out, &n, err);
  iconv_close(way);
  if (st != LB_OK) {
    lb_mem_free(out);
    return st;
  }
  *text = out;
  *text_length = n;
  *facts = found;
  return LB_OK;
}

/* The first line end outside quotes says it for the file. */
static const char *find_line_end(const char *text, size_t length)
{
  bool inside = false;
  for (size_t i = 0; i < length; i++) {
    inside = inside != (text[i] == '"');
    if (inside) continue;
    if (text[i] == '\n') return "\n";
    if (text[i] == '\r') return i + 1 < length && text[i + 1] == '\n' ? "\r\n" : "\r";
  }
  return "\n";
}

static lb_status unpack(lb_csv_source *s, const char *name, lb_error *err)
{
  lb_status st = LB_OK;
  s->text = s->file.data;
  s->length = s->file.length;
  s->facts.gzip = lb_is_gzip(s->text, s->length);
  if (s->facts.gzip) {
    st = lb_gunzip(s->file.data, s->file.length, &s->unzipped, &s->length, err);
    s->text = s->unzipped;
  }
  size_t n = s->length;
  if (st == LB_OK) st = lb_csv_decode(s->text, s->length, name, &s->decoded, &n, &s->facts, err);
  if (st != LB_OK) return st;
  if (s->decoded != NULL) {
    s->text = s->decoded;
    s->length = n;
  }
  s->facts.line_end = find_line_end(s->text, s->length);
  return LB_OK;
}

lb_status lb_csv_source_open(const char *path, const char *name, lb_csv_source *out, lb_error *err)
{
  lb_csv_source s = {0};
  lb_status st = lb_file_map(path, &s.file, err);
  if (st != LB_OK) return st;
  st = unpack(&s, name, err);
  if (st == LB_OK) {
    *out = s;
    return LB_OK;
  }
  if (st != LB_ENOMEM && st != LB_EINTR) {
    const char *slash = strrchr(path, '/');
    lb_error_in(err, "%s", slash == NULL ? path : slash + 1);
  }
  lb_csv_source_close(&s);
  return st;
}

void lb_csv_source_hash(lb_csv_source *s)
{
  lb_sha256_hex(s->file.data, s->file.length, s->facts.sha256);
  lb_file_rest(&s->file, s->file.data, s->file.length);
}

void lb_csv_source_rest(const lb_csv_source *s, const char *text, size_t length)
{
  if (s->unzipped == NULL && s->decoded == NULL) lb_file_rest(&s->file, text, length);
}

void lb_csv_source_close(lb_csv_source *s)
{
  lb_mem_free(s->decoded);
  lb_mem_free(s->unzipped);
  lb_file_unmap(&s->file);
  *s = (lb_csv_source){0};
}
