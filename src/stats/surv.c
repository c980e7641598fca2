/* surv.c - refuses survival outcomes that break their promises, naming the rows. */
#include "stats/surv.h"

#include "base/str.h"

#include <math.h>
#include <stdbool.h>

#define SHOWN_ROWS 5

typedef bool (*row_test)(const lb_surv *y, size_t i);

static bool time_missing(const lb_surv *y, size_t i)
{
  return !isfinite(y->time[i]);
}
static bool time_negative(const lb_surv *y, size_t i)
{
  return y->time[i] < 0;
}
static bool entry_missing(const lb_surv *y, size_t i)
{
  return !isfinite(y->entry[i]);
}
static bool entry_late(const lb_surv *y, size_t i)
{
  return y->entry[i] >= y->time[i];
}
static bool event_other(const lb_surv *y, size_t i)
{
  return y->event[i] > 1;
}
static bool weight_wrong(const lb_surv *y, size_t i)
{
  return !isfinite(y->weight[i]) || y->weight[i] < 0;
}

/* LB_EDATA "<what> in rows 3, 17, 21 and 4 more" when any row fails. */
static lb_status refuse_rows(const lb_surv *y, row_test fails, const char *what, lb_error *err)
{
  size_t row[SHOWN_ROWS], found = 0;
  for (size_t i = 0; i < y->n; i++) {
    if (!fails(y, i)) continue;
    if (found < SHOWN_ROWS) row[found] = i + 1;
    found++;
  }
  if (found == 0) return LB_OK;
  lb_str list = {0};
  for (size_t k = 0; k < found && k < SHOWN_ROWS; k++)
    lb_str_addf(&list, "%s%zu", k == 0 ? "" : ", ", row[k]);
  if (found > SHOWN_ROWS) lb_str_addf(&list, " and %zu more", found - SHOWN_ROWS);
  lb_status st = list.failed ? lb_error_nomem(err, "message")
                             : lb_error_set(err, LB_EDATA, "%s in row%s %.*s", what,
                                            found == 1 ? "" : "s", (int)list.length, list.data);
  lb_str_reset(&list);
  return st;
}

/* One quick pass; only data that fail it are looked at again for the message. */
static bool rows_are_good(const lb_surv *y)
{
  size_t bad = 0;
  for (size_t i = 0; i < y->n; i++)
    bad += !(y->time[i] >= 0) | !isfinite(y->time[i]) | (y->event[i] > 1);
  for (size_t i = 0; y->entry != NULL && i < y->n; i++)
    bad += !(y->entry[i] < y->time[i]) | !isfinite(y->entry[i]);
  for (size_t i = 0; y->weight != NULL && i < y->n; i++)
    bad += !(y->weight[i] >= 0) | !isfinite(y->weight[i]);
  return bad == 0;
}

lb_status lb_surv_check(const lb_surv *y, lb_error *err)
{
  static const struct {
    row_test fails;
    const char *what;
    char needs; /* 'e' only with entry, 'w' only with weights */
  } CHECKS[] = {
      {time_missing, "time is not a finite number", 0},
      {time_negative, "time is negative", 0},
      {entry_missing, "entry is not a finite number", 'e'},
      {entry_late, "entry is not before time", 'e'},
      {event_other, "event is neither 0 nor 1", 0},
      {weight_wrong, "weight is not a finite number of 0 or more", 'w'},
  };
  if (y->n > 0 && (y->time == NULL || y->event == NULL))
    return lb_error_set(err, LB_EARG, "a survival outcome needs times and events");
  if (rows_are_good(y)) return LB_OK;
  for (size_t k = 0; k < sizeof CHECKS / sizeof CHECKS[0]; k++) {
    if (CHECKS[k].needs == 'e' && y->entry == NULL) continue;
    if (CHECKS[k].needs == 'w' && y->weight == NULL) continue;
    lb_status st = refuse_rows(y, CHECKS[k].fails, CHECKS[k].what, err);
    if (st != LB_OK) return st;
  }
  return LB_OK;
}
