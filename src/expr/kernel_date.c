/* kernel_date.c - differences between dates, dates from their parts and back. */
#include "base/date.h"
#include "expr/kernel.h"

#define DAY_MICROSECONDS 86400000000.0
#define FIRST_DAY        (-719162) /* 0001-01-01 */
#define LAST_DAY         2932896   /* 9999-12-31 */

static void shift(lb_block *b, const lb_vec *const *arg, lb_vec *out, bool back)
{
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++) {
    int64_t days = 0;
    out->code[i] = 0;
    if (!out->valid[i]) continue;
    bool overflow =
        back ? __builtin_sub_overflow((int64_t)arg[0]->code[i], arg[1]->integer[i], &days)
             : __builtin_add_overflow((int64_t)arg[0]->code[i], arg[1]->integer[i], &days);
    if (overflow || days < FIRST_DAY || days > LAST_DAY) {
      out->valid[i] = 0;
      b->tally->count[LB_TALLY_DATE]++;
    } else {
      out->code[i] = (int32_t)days;
    }
  }
}

void lb_k_date_plus(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  shift(b, arg, out, false);
}

void lb_k_date_minus(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  shift(b, arg, out, true);
}

/* from, to */
void lb_k_date_days(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++) out->integer[i] = (int64_t)arg[1]->code[i] - arg[0]->code[i];
}

void lb_k_date_span(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++)
    out->real[i] = ((double)arg[1]->code[i] - (double)arg[0]->code[i]) / op->parameter;
}

void lb_k_datetime_span(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++)
    out->real[i] = ((double)arg[1]->integer[i] - (double)arg[0]->integer[i]) / DAY_MICROSECONDS /
                   op->parameter;
}

void lb_k_make_date(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++) {
    out->valid[i] &= arg[2]->valid[i];
    out->code[i] = 0;
    if (!out->valid[i]) continue;
    int64_t y = arg[0]->integer[i], m = arg[1]->integer[i], d = arg[2]->integer[i];
    bool sane = y > 0 && y < 10000 && m > 0 && m < 13 && d > 0 && d < 32;
    if (sane && lb_date_from_civil((int)y, (int)m, (int)d, &out->code[i])) continue;
    out->valid[i] = 0;
    b->tally->count[LB_TALLY_DATE]++;
  }
}

static void part(lb_block *b, const lb_vec *x, lb_vec *out, int which)
{
  lb_valid_from(b, x, out);
  for (size_t i = 0; i < b->n; i++) {
    int civil[3] = {0, 0, 0};
    if (out->valid[i]) lb_date_to_civil(x->code[i], &civil[0], &civil[1], &civil[2]);
    out->integer[i] = civil[which];
  }
}

void lb_k_year(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  part(b, arg[0], out, 0);
}

void lb_k_month(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  part(b, arg[0], out, 1);
}

void lb_k_day(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  part(b, arg[0], out, 2);
}
