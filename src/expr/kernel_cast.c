/* kernel_cast.c - values of one type as another. */
#include "base/clones.h"
#include "base/date.h"
#include "expr/kernel.h"
#include <math.h>

#define DAY_MICROSECONDS INT64_C(86400000000)

LB_CLONES static void to_reals(size_t n, const int64_t *restrict x, double *restrict out)
{
  for (size_t i = 0; i < n; i++) out[i] = (double)x[i];
}

void lb_k_integer_real(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_from(b, arg[0], out);
  to_reals(b->n, arg[0]->integer, out->real);
}

/* As lb_k_integer_real, and counts integers that a real may not hold exactly. */
void lb_k_integer_compared(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  const int64_t limit = INT64_C(1) << 53;
  size_t large = 0;
  lb_k_integer_real(b, op, arg, out);
  for (size_t i = 0; i < b->n; i++) {
    int64_t x = arg[0]->integer[i];
    large += (x > limit || x < -limit) & out->valid[i];
  }
  b->tally->count[LB_TALLY_LARGE] += large;
}

void lb_k_logical_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++) out->integer[i] = arg[0]->logical[i];
}

/* Cut towards zero; what no integer can hold is NA. */
static bool to_integer(double x, int64_t *out)
{
  const double limit = 9223372036854775808.0; /* 2^63 */
  if (!(x >= -limit && x < limit)) return false;
  *out = (int64_t)x;
  return true;
}

void lb_k_real_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++) {
    out->integer[i] = 0;
    if (!out->valid[i] || to_integer(arg[0]->real[i], &out->integer[i])) continue;
    out->valid[i] = 0;
    b->tally->count[LB_TALLY_NUMBER]++;
  }
}

void lb_k_text_real(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++) {
    lb_span t = arg[0]->text[i];
    out->real[i] = 0;
    if (!out->valid[i] || lb_parse_real(t.data, t.length, &out->real[i])) continue;
    out->valid[i] = 0;
    b->tally->count[LB_TALLY_NUMBER]++;
  }
}

void lb_k_text_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++) {
    lb_span t = arg[0]->text[i];
    double x;
    out->integer[i] = 0;
    if (!out->valid[i] || lb_parse_integer(t.data, t.length, &out->integer[i])) continue;
    if (lb_parse_real(t.data, t.length, &x) && x == trunc(x) && to_integer(x, &out->integer[i]))
      continue; /* "2.0" */
    out->valid[i] = 0;
    b->tally->count[LB_TALLY_NUMBER]++;
  }
}

/* Text ------------------------------------------------------------------------------------- */

static void add_span(lb_block *b, lb_vec *out, size_t i, const char *text, size_t length)
{
  out->text[i] = (lb_span){.data = NULL, .length = length};
  lb_str_add(b->bytes, text, length);
}

void lb_k_number_text(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  char buffer[LB_REAL_TEXT];
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++)
    if (out->valid[i]) add_span(b, out, i, buffer, lb_format_real(buffer, arg[0]->real[i]));
  lb_spans_finish(b, out);
}

/* Digits from the end of the buffer; snprintf would take most of the time of a large column. */
static const char *write_integer(char buffer[24], int64_t x, size_t *length)
{
  uint64_t left = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
  char *at = buffer + 24;
  do {
    *--at = (char)('0' + left % 10);
    left /= 10;
  } while (left > 0);
  if (x < 0) *--at = '-';
  *length = (size_t)(buffer + 24 - at);
  return at;
}

void lb_k_integer_text(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  char buffer[24];
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++) {
    size_t length;
    if (!out->valid[i]) continue;
    const char *text = write_integer(buffer, arg[0]->integer[i], &length);
    add_span(b, out, i, text, length);
  }
  lb_spans_finish(b, out);
}

void lb_k_logical_text(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++)
    out->text[i] = arg[0]->logical[i] ? (lb_span){"true", 4} : (lb_span){"false", 5};
}

void lb_k_factor_text(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  const lb_span *level = op->payload;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++)
    out->text[i] = out->valid[i] ? level[arg[0]->code[i]] : (lb_span){"", 0};
}

void lb_k_date_text(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  char buffer[LB_DATE_TEXT];
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++)
    if (out->valid[i]) add_span(b, out, i, buffer, lb_date_format(buffer, arg[0]->code[i]));
  lb_spans_finish(b, out);
}

void lb_k_datetime_text(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  char buffer[LB_DATETIME_TEXT];
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++)
    if (out->valid[i]) add_span(b, out, i, buffer, lb_datetime_format(buffer, arg[0]->integer[i]));
  lb_spans_finish(b, out);
}

/* Dates and factors ------------------------------------------------------------------------ */

void lb_k_text_date(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++) {
    lb_span t = arg[0]->text[i];
    out->code[i] = 0;
    if (!out->valid[i] || lb_date_parse(t.data, t.length, &out->code[i])) continue;
    out->valid[i] = 0;
    b->tally->count[LB_TALLY_DATE]++;
  }
}

void lb_k_datetime_date(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++) {
    int64_t t = arg[0]->integer[i], day = t / DAY_MICROSECONDS;
    out->code[i] = (int32_t)(day - (t % DAY_MICROSECONDS < 0));
  }
}

void lb_k_date_datetime(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++) out->integer[i] = arg[0]->code[i] * DAY_MICROSECONDS;
}

void lb_k_text_factor(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  const lb_map *levels = op->payload;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++) {
    lb_span t = arg[0]->text[i];
    size_t code = 0;
    if (out->valid[i] && !lb_map_find(levels, t.data, t.length, &code)) {
      out->valid[i] = 0;
      b->tally->count[LB_TALLY_LEVEL]++;
    }
    out->code[i] = (int32_t)code;
  }
}
