/* population.h - a table of population mortality, and people's paths through it: age and calendar
 * time run on together. */
#ifndef LB_SURVIVAL_POPULATION_H
#define LB_SURVIVAL_POPULATION_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LB_DAYS_PER_YEAR 365.25

/* Hazards that are constant within cells of age x calendar time, for each class of people (sex,
 * region). Arrays are borrowed. The last age has no end; before the first and after the last year
 * the nearest year holds. */
typedef struct lb_population {
  size_t n_age, n_year, n_class;
  const double *age;    /* n_age: days lived when the interval begins, ascending */
  const double *year;   /* n_year: day (since 1970-01-01) on which each begins, ascending */
  const double *hazard; /* (class * n_year + year) * n_age + age: per day, finite, >= 0 */
} lb_population;

/* People at the time 0 of their follow-up; arrays of n, borrowed. Not known: an age or a day that
 * is NaN, a class of -1. */
typedef struct lb_lives {
  size_t n;
  const double *age;         /* days lived */
  const double *day;         /* days since 1970-01-01; NULL: a table without years */
  const int32_t *class_code; /* NULL: all of class 0 */
  double unit;               /* days in a unit of follow-up time */
} lb_lives;

/* One person on the way: the hazard is constant until the next line of the Lexis diagram. */
typedef struct lb_lexis {
  const lb_population *table;
  double age, day, unit;
  size_t i_class, i_age, i_year;
  double time; /* where the path stands, in units of follow-up */
} lb_lexis;

/* A cell that the path crosses. */
typedef struct lb_lexis_step {
  size_t cell;
  double stop;   /* in units of follow-up; infinite in the last cell */
  double hazard; /* per unit of follow-up */
} lb_lexis_step;

/* Row i of the lives at `time` units. O(log ages + log years). */
lb_lexis lb_lexis_at(const lb_population *table, const lb_lives *lives, size_t i, double time);
/* The cell where the path stands; the path moves to its end. */
lb_lexis_step lb_lexis_next(lb_lexis *path);

/* What is not known about person i: "the age", "the calendar time", "the class"; NULL: all is. */
const char *lb_lives_unknown(const lb_lives *lives, size_t i);
/* All about person i is known. */
bool lb_lives_known(const lb_lives *lives, size_t i);
/* LB_EDATA, naming a row among those known: an age that is infinite or below the first of the
 * table, a day that is infinite, a class outside the table. LB_EARG: no unit. */
lb_status lb_lives_check(const lb_population *table, const lb_lives *lives, lb_error *err);

/* Cumulative hazard of each person from from[i] (NULL = 0) to to[i], exact: the sum of hazard x
 * time over the cells that the person's diagonal of the Lexis diagram crosses. NaN for a person who
 * is not known or has no times. `out` is written on success only. LB_EDATA as lb_lives_check, or
 * when from > to or infinite; LB_EINTR; LB_ENOMEM. */
lb_status lb_population_hazard(const lb_population *table, const lb_lives *lives,
                               const double *from, const double *to, double *out, lb_error *err);

/* How many people are followed at times outside the table's years: before the first, and after the
 * last, which is taken to be as long as the one before it. A table of one year: none. */
void lb_population_outside(const lb_population *table, const lb_lives *lives, const double *from,
                           const double *to, size_t *before, size_t *after);

/* Day (since 1970-01-01) of a calendar year with its fraction: 1984.5 is the middle of 1984. NaN
 * outside the years 1 to 9998. */
double lb_day_of_year(double year);

/* The day moved back so that the person's birthday falls on 1 January of its year: calendar years
 * then change at birthdays, as R's survexp has it for tables of the United States. */
double lb_population_birthday(double age, double day);
#endif
