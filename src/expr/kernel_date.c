/* kernel_date.c - differences between dates, dates from their parts and back. */
#include "base/clones.h"
#include "base/date.h"
#include "expr/kernel.h"
#include <math.h>

#define FIRST_DAY (-719162) /* 0001-01-01 */
#define LAST_DAY  2932896   /* 9999-12-31 */
#define SECOND    INT64_C(1000000)
#define DAY       (86400 * SECOND)

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

LB_CLONES static void days_between(size_t n, const int32_t *restrict from,
                                   const int32_t *restrict to, int64_t *restrict out)
{
  for (size_t i = 0; i < n; i++) out[i] = (int64_t)to[i] - from[i];
}

LB_CLONES static void units_between(size_t n, const int32_t *restrict from,
                                    const int32_t *restrict to, double days, double *restrict out)
{
  for (size_t i = 0; i < n; i++) out[i] = ((double)to[i] - (double)from[i]) / days;
}

/* from, to */
void lb_k_date_days(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_both(b, arg[0], arg[1], out);
  days_between(b->n, arg[0]->code, arg[1]->code, out->integer);
}

void lb_k_date_span(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  lb_valid_both(b, arg[0], arg[1], out);
  units_between(b->n, arg[0]->code, arg[1]->code, op->parameter, out->real);
}

void lb_k_datetime_span(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++) {
    out->real[i] = 0;
    if (!out->valid[i]) continue; /* what stands there may lie too far apart */
    out->real[i] = (double)(arg[1]->integer[i] - arg[0]->integer[i]) / op->parameter;
  }
}

/* Seconds as microseconds, the fraction rounded; false beyond ten thousand years. Whole seconds are
 * exact. */
static bool microseconds_of(double seconds, int64_t *out)
{
  double whole = trunc(seconds);
  if (!(fabs(whole) < 3.2e11)) return false;
  *out = (int64_t)whole * SECOND + (int64_t)llround((seconds - whole) * (double)SECOND);
  return true;
}

static void move(lb_block *b, const lb_vec *const *arg, lb_vec *out, int sign)
{
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++) {
    int64_t by = 0, at;
    out->integer[i] = 0;
    if (!out->valid[i]) continue;
    bool known = microseconds_of(arg[1]->real[i], &by);
    at = arg[0]->integer[i];
    if (known && !__builtin_add_overflow(at, sign * by, &at) && at >= FIRST_DAY * DAY &&
        at < (LAST_DAY + 1) * DAY) {
      out->integer[i] = at;
      continue;
    }
    out->valid[i] = 0;
    b->tally->count[LB_TALLY_DATE]++;
  }
}

void lb_k_datetime_plus(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  move(b, arg, out, 1);
}

void lb_k_datetime_minus(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  move(b, arg, out, -1);
}

/* Microseconds since midnight (UTC), also before 1970. */
static int64_t time_of_day(int64_t at)
{
  int64_t rest = at % DAY;
  return rest < 0 ? rest + DAY : rest;
}

void lb_k_hour(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++)
    out->integer[i] = time_of_day(arg[0]->integer[i]) / (3600 * SECOND);
}

void lb_k_minute(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++)
    out->integer[i] = time_of_day(arg[0]->integer[i]) / (60 * SECOND) % 60;
}

void lb_k_second(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++)
    out->real[i] = (double)(time_of_day(arg[0]->integer[i]) % (60 * SECOND)) / (double)SECOND;
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
