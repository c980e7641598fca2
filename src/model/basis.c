/* basis.c - ns(), bs(), rcs() and poly() in a formula: what they are asked for. */
#include "model/basis.h"

#include <stdio.h>
#include <string.h>

#include "model/formula_penalty.h"
#include "model/formula_terms.h"

#define ARGUMENTS_MAX 6

static const struct {
  const char *word, *mend;
} KINDS[] = {
    [LB_BASIS_NS] = {"ns", "Write ns(x, 3) for 3 degrees of freedom, or ns(x, knots = {40, 60})."},
    [LB_BASIS_BS] = {"bs", "Write bs(x, 5) for 5 degrees of freedom, or bs(x, knots = {40, 60}, "
                           "degree = 2)."},
    [LB_BASIS_RCS] = {"rcs", "Write rcs(x, 4) for 4 knots, or rcs(x, {30, 45, 55, 70})."},
    [LB_BASIS_POLY] = {"poly", "Write poly(x, 2) for a polynomial of degree 2."},
    [LB_BASIS_PSPLINE] = {"pspline", "Write pspline(x, df = 4), or pspline(x, df = 0) for Akaike's "
                                     "criterion."}};

bool lb_basis_word(const char *word, size_t length, lb_basis_kind *kind)
{
  for (size_t k = 0; k < sizeof KINDS / sizeof *KINDS; k++) {
    if (strlen(KINDS[k].word) != length || strncmp(word, KINDS[k].word, length) != 0) continue;
    *kind = (lb_basis_kind)k;
    return true;
  }
  return false;
}

/* The brackets' inside of a call that is the whole range. */
static bool split_call(const lb_formula *f, lb_span call, lb_basis_kind *kind, lb_span *inside)
{
  size_t at = lb_scan_item(f->text, call.start, call.end);
  if (at == SIZE_MAX || !lb_basis_word(f->text + call.start, at - call.start, kind)) return false;
  while (at < call.end && lb_scan_is_blank(f->text[at])) at++;
  if (at >= call.end || f->text[at] != '(') return false;
  if (lb_scan_item(f->text, at, call.end) != call.end) return false;
  *inside = (lb_span){at + 1, call.end - 1};
  return true;
}

bool lb_basis_argument(const lb_formula *f, const lb_variable *v, lb_span *argument)
{
  lb_basis_kind kind;
  lb_span inside;
  if (!split_call(f, (lb_span){v->start, v->end}, &kind, &inside)) return false;
  return lb_scan_arguments(f->text, inside, argument, 1) > 0;
}

static lb_status refuse(const lb_formula *f, lb_span at, lb_basis_kind kind, const char *what,
                        lb_error *err)
{
  lb_formula_error(f, at, err, "%s(): %s", KINDS[kind].word, what);
  lb_error_mend(err, "%s", KINDS[kind].mend);
  return LB_EPARSE;
}

/* A whole number from 1. */
static bool read_count(const lb_formula *f, lb_span value, size_t most, size_t *out)
{
  double number;
  size_t n;
  if (f->text[value.start] == '{' || !lb_scan_numbers(f->text, value, &number, 1, &n)) return false;
  if (!(number >= 1 && number <= (double)most) || number != (double)(size_t)number) return false;
  *out = (size_t)number;
  return true;
}

/* The number of columns of a basis. */
static lb_status read_df(const lb_formula *f, lb_span value, lb_basis_spec *s, lb_error *err)
{
  bool poly = s->kind == LB_BASIS_POLY;
  char what[120];
  if (read_count(f, value, poly ? LB_DEGREE_MAX : LB_KNOTS_MAX, &s->df)) return LB_OK;
  if (poly)
    snprintf(what, sizeof what,
             "a whole number from 1 to %d was expected: higher powers lose all digits",
             LB_DEGREE_MAX);
  else if (s->kind == LB_BASIS_RCS)
    snprintf(what, sizeof what, "a whole number of knots from 3 to 7 was expected");
  else
    snprintf(what, sizeof what,
             "a whole number from 1 to %d was expected: a spline has at most %d inner knots",
             LB_KNOTS_MAX, LB_KNOTS_MAX);
  return refuse(f, value, s->kind, what, err);
}

static lb_status read_option(const lb_formula *f, lb_span argument, lb_basis_spec *s, lb_error *err)
{
  lb_span value, name = lb_scan_named(f->text, argument, &value);
  bool bare = name.end == 0, spline = s->kind == LB_BASIS_NS || s->kind == LB_BASIS_BS;
  bool braces = value.start < value.end && f->text[value.start] == '{';
  size_t n;
  if (value.start == value.end) return refuse(f, argument, s->kind, "an argument is empty", err);
  bool knots = lb_scan_is(f->text, name, "knots") || (bare && braces);
  if (knots && s->kind != LB_BASIS_POLY) {
    if (!lb_scan_numbers(f->text, value, s->knot, LB_KNOTS_MAX, &s->n_knot))
      return refuse(f, value, s->kind, "knots are ascending numbers: {40, 60}", err);
    return LB_OK;
  }
  if (spline &&
      (lb_scan_is(f->text, name, "boundary") || lb_scan_is(f->text, name, "Boundary.knots"))) {
    s->has_boundary = true;
    if (!lb_scan_numbers(f->text, value, s->boundary, 2, &n) || n != 2)
      return refuse(f, value, s->kind, "boundary is two ascending numbers: {20, 80}", err);
    return LB_OK;
  }
  if (s->kind == LB_BASIS_BS && lb_scan_is(f->text, name, "degree")) {
    if (!read_count(f, value, LB_DEGREE_MAX, &s->degree))
      return refuse(f, value, s->kind, "degree is a whole number from 1 to 20", err);
    return LB_OK;
  }
  bool count = bare || (spline && lb_scan_is(f->text, name, "df")) ||
               (s->kind == LB_BASIS_POLY && lb_scan_is(f->text, name, "degree"));
  if (!count) return refuse(f, name, s->kind, "there is no argument of that name", err);
  return read_df(f, value, s, err);
}

lb_status lb_basis_read(const lb_formula *f, lb_span call, lb_basis_spec *out, lb_error *err)
{
  lb_basis_spec s = {.degree = 3};
  lb_span inside, argument[ARGUMENTS_MAX];
  if (!split_call(f, call, &s.kind, &inside))
    return lb_formula_error(f, call, err, "not a call of ns(), bs(), rcs() or poly()");
  if (s.kind == LB_BASIS_PSPLINE) return lb_penalty_basis(f, call, out, err);
  size_t n = lb_scan_arguments(f->text, inside, argument, ARGUMENTS_MAX);
  if (n == 0 || n > ARGUMENTS_MAX || argument[0].start == argument[0].end)
    return refuse(f, call, s.kind, "the variable, then what its basis is", err);
  for (size_t i = 1; i < n; i++) {
    lb_status st = read_option(f, argument[i], &s, err);
    if (st != LB_OK) return st;
  }
  if (s.df > 0 && s.n_knot > 0)
    return refuse(f, call, s.kind, "the number and the knots cannot both be given", err);
  if (s.df == 0 && s.n_knot == 0)
    return refuse(f, call, s.kind, "how many columns or which knots is not said", err);
  *out = s;
  return LB_OK;
}
