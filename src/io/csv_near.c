/* csv_near.c - problems of a column that would have been numbers or dates but for few of its cells.
 */
#include <stdio.h>

#include "io/csv_settle.h"

/* At least nine in ten of the present cells, or all of three or more but one; not all. */
static bool nearly_all(size_t fits, size_t n_present)
{
  size_t most = n_present / 10;
  if (most == 0 && n_present >= 3) most = 1;
  return fits < n_present && fits > 0 && fits >= n_present - most;
}

static bool all_or_nearly(size_t fits, size_t n_present)
{
  return fits == n_present || nearly_all(fits, n_present);
}

/* One problem for the column, with its first cell of a kind as the example. */
static lb_status report(lb_csv_reading *r, lb_csv_column *c, lb_cell_kind kind, size_t n,
                        const char *what, lb_error *err)
{
  lb_str scratch = {0}, message = {0};
  lb_csv_cell cell;
  char quote[LB_CELL_QUOTE];
  size_t k = kind == LB_CELL_DAY_MONTH ? 2 : (size_t)kind - LB_CELL_COMMA, chunk = 0;
  while (c->part[chunk].n[kind] == 0) chunk++;
  const lb_csv_place *p = &c->part[chunk].first[k];
  bool ok = lb_csv_cell_get(&r->layout, p->at, p->length, &scratch, &cell);
  if (ok) {
    lb_csv_cell_quote(&cell, quote);
    lb_str_addf(&message, "%zu value%s like %s: %s", n, n == 1 ? " looks" : "s look", quote, what);
    ok = !message.failed &&
         lb_problems_add(&c->problems, p->row + 1, lb_csv_line(&r->layout, p->record), c->name,
                         message.data);
  }
  lb_str_reset(&scratch);
  lb_str_reset(&message);
  return ok ? LB_OK : lb_error_nomem(err, "problems");
}

lb_status lb_csv_near_miss(lb_csv_reading *r, lb_csv_column *c, const lb_csv_census *s, bool *again,
                           lb_error *err)
{
  static const lb_type TYPES[] = {LB_REAL, LB_DATE, LB_DATETIME};
  size_t numbers = s->n[LB_CELL_INTEGER] + s->n[LB_CELL_REAL] + s->n[LB_CELL_CENSORED];
  size_t commas = s->n[LB_CELL_COMMA], thousands = s->n[LB_CELL_THOUSANDS];
  size_t day_month = s->n[LB_CELL_DAY_MONTH], n = s->n_present;
  lb_status st = LB_OK;
  if (commas + thousands > 0 && all_or_nearly(numbers + commas + thousands, n)) {
    if (commas > 0)
      st = report(
          r, c, LB_CELL_COMMA, commas,
          r->rules.decimal == ','
              ? "decimal points, or marks for thousands; the column was not read as a number"
              : "decimal commas, or marks for thousands; the column was not read as a number",
          err);
    if (st == LB_OK && thousands > 0)
      st = report(r, c, LB_CELL_THOUSANDS, thousands,
                  "marks for thousands are not read; export the numbers without them", err);
    return st;
  }
  size_t dates = s->n[LB_CELL_DATE];
  if (day_month > 0 && !nearly_all(dates, n) && all_or_nearly(day_month + dates, n))
    return report(r, c, LB_CELL_DAY_MONTH, day_month,
                  r->rules.date_format != NULL
                      ? "no such date by date_format; the column was read as text"
                      : "day and month are never guessed; pass date_format = \"DD/MM/YYYY\", or "
                        "the order that holds",
                  err);
  size_t fits[] = {numbers, dates, s->n[LB_CELL_DATETIME]};
  for (size_t i = 0; i < 3 && !*again; i++)
    if (nearly_all(fits[i], n)) {
      *again = true;
      c->type = TYPES[i];
    }
  return LB_OK;
}
