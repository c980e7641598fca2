/* kernel_text.c - joining, folding and searching text, in UTF-8. */
#include "expr/kernel.h"
#include <string.h>

void lb_spans_finish(lb_block *b, lb_vec *out)
{
  const char *at = b->bytes->failed || b->bytes->data == NULL ? "" : b->bytes->data;
  for (size_t i = 0; i < b->n; i++) {
    if (!out->valid[i] || b->bytes->failed) out->text[i].length = 0;
    out->text[i].data = at;
    at += out->text[i].length;
  }
}

void lb_k_concat(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++) {
    if (!out->valid[i]) continue;
    lb_span x = arg[0]->text[i], y = arg[1]->text[i];
    lb_str_add(b->bytes, x.data, x.length);
    lb_str_add(b->bytes, y.data, y.length);
    out->text[i].length = x.length + y.length;
  }
  lb_spans_finish(b, out);
}

/* Letters of two bytes: Latin-1, Latin Extended-A, Greek, Cyrillic. Letters whose other case has
 * another length in UTF-8 (dotted I, long s) stay as they are. */
static uint32_t lower_of(uint32_t c)
{
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 32;
  if (c == 0x178) return 0xFF;
  if ((c >= 0x100 && c <= 0x12F) || (c >= 0x132 && c <= 0x137) || (c >= 0x14A && c <= 0x177))
    return c | 1u;
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return c + (c & 1u);
  if (c >= 0x391 && c <= 0x3A9 && c != 0x3A2) return c + 32;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  return c;
}

static uint32_t upper_of(uint32_t c)
{
  if (c >= 0xE0 && c <= 0xFE && c != 0xF7) return c - 32;
  if (c == 0xFF) return 0x178;
  if ((c >= 0x100 && c <= 0x12F) || (c >= 0x132 && c <= 0x137) || (c >= 0x14A && c <= 0x177))
    return c & ~1u;
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return c - ((c & 1u) ^ 1u);
  if (c >= 0x3B1 && c <= 0x3C9 && c != 0x3C2) return c - 32;
  if (c >= 0x430 && c <= 0x44F) return c - 32;
  if (c >= 0x450 && c <= 0x45F) return c - 80;
  return c;
}

static void fold_case(lb_str *bytes, lb_span t, bool upper)
{
  for (size_t i = 0; i < t.length; i++) {
    unsigned char c = (unsigned char)t.data[i];
    if (c >= 0xC2 && c <= 0xDF && i + 1 < t.length) {
      uint32_t point = (uint32_t)(c & 0x1Fu) << 6 | ((unsigned char)t.data[i + 1] & 0x3Fu);
      point = upper ? upper_of(point) : lower_of(point);
      lb_str_putc(bytes, (char)(0xC0 | (point >> 6)));
      lb_str_putc(bytes, (char)(0x80 | (point & 0x3F)));
      i++;
    } else if (upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z') {
      lb_str_putc(bytes, (char)(c ^ 0x20));
    } else {
      lb_str_putc(bytes, (char)c);
    }
  }
}

static void fold_block(lb_block *b, const lb_vec *x, lb_vec *out, bool upper)
{
  lb_valid_from(b, x, out);
  for (size_t i = 0; i < b->n; i++) {
    if (!out->valid[i]) continue;
    fold_case(b->bytes, x->text[i], upper);
    out->text[i].length = x->text[i].length;
  }
  lb_spans_finish(b, out);
}

void lb_k_lower(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  fold_block(b, arg[0], out, false);
}

void lb_k_upper(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  fold_block(b, arg[0], out, true);
}

static bool is_blank(char c)
{
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/* ASCII blanks and the no-break space that spreadsheets leave. */
static lb_span trimmed(lb_span t)
{
  for (;;) {
    if (t.length > 0 && is_blank(t.data[0])) {
      t.data++, t.length--;
    } else if (t.length > 1 && memcmp(t.data, "\xC2\xA0", 2) == 0) {
      t.data += 2, t.length -= 2;
    } else if (t.length > 0 && is_blank(t.data[t.length - 1])) {
      t.length--;
    } else if (t.length > 1 && memcmp(t.data + t.length - 2, "\xC2\xA0", 2) == 0) {
      t.length -= 2;
    } else {
      return t;
    }
  }
}

void lb_k_trim(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++)
    out->text[i] = out->valid[i] ? trimmed(arg[0]->text[i]) : (lb_span){"", 0};
}

void lb_k_length(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++) {
    lb_span t = arg[0]->text[i];
    out->integer[i] = out->valid[i] ? (int64_t)lb_utf8_length(t.data, t.length) : 0;
  }
}

static bool contains(lb_span t, lb_span part)
{
  return part.length == 0 ||
         (part.length <= t.length && memmem(t.data, t.length, part.data, part.length) != NULL);
}

static bool starts(lb_span t, lb_span part)
{
  return part.length == 0 ||
         (part.length <= t.length && memcmp(t.data, part.data, part.length) == 0);
}

static bool ends(lb_span t, lb_span part)
{
  return part.length == 0 || (part.length <= t.length &&
                              memcmp(t.data + t.length - part.length, part.data, part.length) == 0);
}

static void search(lb_block *b, const lb_vec *const *arg, lb_vec *out,
                   bool (*found)(lb_span, lb_span))
{
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++)
    out->logical[i] = out->valid[i] && found(arg[0]->text[i], arg[1]->text[i]);
}

void lb_k_contains(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  search(b, arg, out, contains);
}

void lb_k_starts_with(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  search(b, arg, out, starts);
}

void lb_k_ends_with(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  search(b, arg, out, ends);
}
