/* population.c - paths through a table of population mortality. */
#include "stats/survival/population.h"

#include <math.h>
#include <string.h>

#include "base/date.h"
#include "base/interrupt.h"
#include "base/mem.h"

#define BLOCK 4096u /* people between two looks at the interrupt flag */

/* Units of follow-up until a bound of age or calendar time is reached. */
static double until(double bound, double at_zero, double unit)
{
  return (bound - at_zero) / unit;
}

/* The last interval that has begun by `time`; the first when none has. */
static size_t interval_at(const double *bound, size_t n, double at_zero, double unit, double time)
{
  size_t low = 0, high = n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (until(bound[middle], at_zero, unit) <= time)
      low = middle + 1;
    else
      high = middle;
  }
  return low == 0 ? 0 : low - 1;
}

lb_lexis lb_lexis_at(const lb_population *table, const lb_lives *lives, size_t i, double time)
{
  lb_lexis path = {.table = table, .age = lives->age[i], .unit = lives->unit, .time = time};
  path.i_class = lives->class_code == NULL ? 0 : (size_t)lives->class_code[i];
  path.i_age = interval_at(table->age, table->n_age, path.age, path.unit, time);
  if (lives->day != NULL) {
    path.day = lives->day[i];
    path.i_year = interval_at(table->year, table->n_year, path.day, path.unit, time);
  }
  return path;
}

lb_lexis_step lb_lexis_next(lb_lexis *path)
{
  const lb_population *table = path->table;
  lb_lexis_step step = {.stop = INFINITY};
  step.cell = (path->i_class * table->n_year + path->i_year) * table->n_age + path->i_age;
  step.hazard = table->hazard[step.cell] * path->unit;
  double birthday = INFINITY, new_year = INFINITY;
  if (path->i_age + 1 < table->n_age)
    birthday = until(table->age[path->i_age + 1], path->age, path->unit);
  if (path->i_year + 1 < table->n_year)
    new_year = until(table->year[path->i_year + 1], path->day, path->unit);
  step.stop = fmin(birthday, new_year);
  if (birthday <= step.stop && isfinite(birthday)) path->i_age++;
  if (new_year <= step.stop && isfinite(new_year)) path->i_year++;
  path->time = step.stop;
  return step;
}

const char *lb_lives_unknown(const lb_lives *lives, size_t i)
{
  if (isnan(lives->age[i])) return "the age";
  if (lives->day != NULL && isnan(lives->day[i])) return "the calendar time";
  return lives->class_code != NULL && lives->class_code[i] == -1 ? "the class" : NULL;
}

bool lb_lives_known(const lb_lives *lives, size_t i)
{
  return lb_lives_unknown(lives, i) == NULL;
}

lb_status lb_lives_check(const lb_population *table, const lb_lives *lives, lb_error *err)
{
  if (!(lives->unit > 0)) return lb_error_set(err, LB_EARG, "the unit of time is not above 0");
  if (table->n_year > 1 && lives->day == NULL && lives->n > 0)
    return lb_error_set(err, LB_EARG, "the table has years, the people have no day");
  for (size_t i = 0; i < lives->n; i++) {
    if (!lb_lives_known(lives, i)) continue;
    if (!isfinite(lives->age[i]) || lives->age[i] < table->age[0])
      return lb_error_set(err, LB_EDATA, "row %zu: the age is below the first of the table", i + 1);
    if (lives->day != NULL && !isfinite(lives->day[i]))
      return lb_error_set(err, LB_EDATA, "row %zu: the day is not a finite number", i + 1);
    int32_t code = lives->class_code == NULL ? 0 : lives->class_code[i];
    if (code < 0 || (size_t)code >= table->n_class)
      return lb_error_set(err, LB_EDATA, "row %zu is of no class of the table", i + 1);
  }
  return LB_OK;
}

static double hazard_between(lb_lexis *path, double from, double to)
{
  double sum = 0;
  while (from < to) {
    lb_lexis_step step = lb_lexis_next(path);
    double stop = fmin(step.stop, to);
    sum += step.hazard * (stop - from);
    from = stop;
  }
  return sum;
}

lb_status lb_population_hazard(const lb_population *table, const lb_lives *lives,
                               const double *from, const double *to, double *out, lb_error *err)
{
  size_t n = lives->n;
  lb_status st = lb_lives_check(table, lives, err);
  if (st != LB_OK) return st;
  double *sum = lb_mem_array(n, sizeof *sum);
  if (sum == NULL) return lb_error_nomem(err, "expected hazards");
  for (size_t i = 0; i < n && st == LB_OK; i++) {
    double start = from == NULL ? 0 : from[i];
    sum[i] = NAN;
    if (!lb_lives_known(lives, i) || isnan(start) || isnan(to[i])) continue;
    if (!isfinite(start) || !isfinite(to[i]) || start > to[i]) {
      st = lb_error_set(err, LB_EDATA, "row %zu: follow-up ends before it begins", i + 1);
      break;
    }
    lb_lexis path = lb_lexis_at(table, lives, i, start);
    sum[i] = hazard_between(&path, start, to[i]);
    if (i % BLOCK == 0 && lb_interrupted()) st = lb_error_interrupted(err);
  }
  if (st == LB_OK && n > 0) memcpy(out, sum, n * sizeof *sum);
  lb_mem_free(sum);
  return st;
}

void lb_population_outside(const lb_population *table, const lb_lives *lives, const double *from,
                           const double *to, size_t *before, size_t *after)
{
  *before = *after = 0;
  size_t last = table->n_year - 1;
  if (table->n_year < 2 || lives->day == NULL) return;
  double end = 2 * table->year[last] - table->year[last - 1];
  for (size_t i = 0; i < lives->n; i++) {
    double first_day = lives->day[i] + (from == NULL ? 0 : from[i]) * lives->unit;
    *before += first_day < table->year[0];
    *after += lives->day[i] + to[i] * lives->unit > end;
  }
}

double lb_day_of_year(double year)
{
  int32_t first, next;
  double whole = floor(year);
  if (!(whole >= 1 && whole <= 9998) || !lb_date_from_civil((int)whole, 1, 1, &first) ||
      !lb_date_from_civil((int)whole + 1, 1, 1, &next))
    return NAN;
  return first + (year - whole) * (next - first);
}

double lb_population_birthday(double age, double day)
{
  double birth = floor(day - age);
  if (!(fabs(birth) < 3e6)) return day;
  int year, month, dom;
  int32_t first;
  lb_date_to_civil((int32_t)birth, &year, &month, &dom);
  if (!lb_date_from_civil(year, 1, 1, &first)) return day;
  return day - (day - age - (double)first);
}
