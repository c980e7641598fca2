/* formula_penalty.c - ridge(), pspline() and frailty() in a formula: their options. */
#include "model/formula_penalty.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/names.h"
#include "model/formula_terms.h"

#define ARGUMENTS_MAX 80

static const struct {
  const char *word, *mend;
} KINDS[] = {
    [LB_PENALTY_RIDGE] = {"ridge", "Write ridge(a, b, theta = 1), or ridge(a, b, df = 1.5)."},
    [LB_PENALTY_SPLINE] = {"pspline", "Write pspline(x, df = 4), or pspline(x, df = 0) for "
                                      "Akaike's criterion."},
    [LB_PENALTY_FRAILTY] = {"frailty", "Write frailty(id), frailty(id, distribution = "
                                       "\"gaussian\"), or frailty(id, theta = 0.5)."}};

/* One call while it is read. */
typedef struct call_reader {
  const lb_formula *f;
  lb_span call, argument[ARGUMENTS_MAX];
  size_t n;
  lb_penalty_kind kind;
  lb_penalty_spec spec;
  bool has_theta, has_df, has_terms, has_method;
} call_reader;

bool lb_penalty_word(const char *word, size_t length, lb_penalty_kind *kind)
{
  for (size_t k = 0; k < sizeof KINDS / sizeof *KINDS; k++) {
    if (strlen(KINDS[k].word) != length || strncmp(word, KINDS[k].word, length) != 0) continue;
    *kind = (lb_penalty_kind)k;
    return true;
  }
  return false;
}

static lb_status refuse(const call_reader *r, lb_span at, lb_error *err, const char *what)
{
  lb_formula_error(r->f, at, err, "%s(): %s", KINDS[r->kind].word, what);
  lb_error_mend(err, "%s", KINDS[r->kind].mend);
  return LB_EPARSE;
}

static lb_status split(call_reader *r, lb_error *err)
{
  const char *text = r->f->text;
  size_t open = r->call.start;
  while (text[open] != '(') open++;
  lb_span inside = {open + 1, r->call.end - 1};
  r->n = lb_scan_arguments(text, inside, r->argument, ARGUMENTS_MAX);
  if (r->n == 0 || r->n > ARGUMENTS_MAX)
    return refuse(r, r->call, err, r->n == 0 ? "no variable" : "too many arguments");
  for (size_t i = 0; i < r->n; i++)
    if (r->argument[i].start == r->argument[i].end)
      return refuse(r, r->call, err, "an argument is empty");
  return LB_OK;
}

/* ---- Values ---- */

static bool one_number(const call_reader *r, lb_span value, double *out)
{
  size_t n;
  return r->f->text[value.start] != '{' && lb_scan_numbers(r->f->text, value, out, 1, &n) &&
         isfinite(*out);
}

static bool whole_number(const call_reader *r, lb_span value, size_t least, size_t most,
                         size_t *out)
{
  double x;
  if (!one_number(r, value, &x) || !(x >= (double)least && x <= (double)most) || x != floor(x))
    return false;
  *out = (size_t)x;
  return true;
}

/* A word in quotes. */
static bool is_quoted(const call_reader *r, lb_span value, const char *word)
{
  const char *text = r->f->text;
  size_t n = value.end - value.start;
  bool quoted = n >= 2 && (text[value.start] == '"' || text[value.start] == '\'');
  return quoted && lb_scan_is(text, (lb_span){value.start + 1, value.end - 1}, word);
}

/* ---- Options ---- */

static lb_status read_theta(call_reader *r, lb_span value, lb_error *err)
{
  lb_penalty *p = &r->spec.penalty;
  double theta;
  bool ok = one_number(r, value, &theta) && theta > 0;
  if (r->kind == LB_PENALTY_SPLINE && !(ok && theta < 1))
    return refuse(r, value, err, "theta is a number between 0 and 1: lambda / (1 + lambda)");
  if (!ok) return refuse(r, value, err, "theta is a number above 0");
  p->theta = r->kind == LB_PENALTY_SPLINE ? theta / (1 - theta) : theta;
  p->method = LB_PENALTY_FIXED;
  r->has_theta = true;
  return LB_OK;
}

static lb_status read_df(call_reader *r, lb_span value, lb_error *err)
{
  lb_penalty *p = &r->spec.penalty;
  double df;
  bool aic = r->kind != LB_PENALTY_RIDGE;
  if (!one_number(r, value, &df) || !(df > 0 || (aic && df == 0)))
    return refuse(r, value, err,
                  aic ? "df is a number above 0, or 0 for Akaike's criterion"
                      : "df is a number above 0");
  if (r->kind == LB_PENALTY_SPLINE && df > 0 && df <= 1)
    return refuse(r, value, err, "df is above 1: a straight line has 1");
  p->df = df;
  p->method = df == 0 ? LB_PENALTY_AIC : LB_PENALTY_DF;
  r->has_df = true;
  return LB_OK;
}

static lb_status read_method(call_reader *r, lb_span value, lb_error *err)
{
  static const char *const NAME[] = {[LB_PENALTY_FIXED] = "fixed",
                                     [LB_PENALTY_DF] = "df",
                                     [LB_PENALTY_AIC] = "aic",
                                     [LB_PENALTY_EM] = "em",
                                     [LB_PENALTY_REML] = "reml"};
  for (size_t k = 0; k < sizeof NAME / sizeof *NAME; k++) {
    bool frailty_only = k == LB_PENALTY_EM || k == LB_PENALTY_REML;
    if (!is_quoted(r, value, NAME[k]) || (frailty_only && r->kind != LB_PENALTY_FRAILTY)) continue;
    r->spec.penalty.method = (lb_penalty_method)k;
    r->has_method = true;
    return LB_OK;
  }
  return refuse(r, value, err,
                r->kind == LB_PENALTY_FRAILTY
                    ? "method is \"em\" (gamma), \"reml\" (gaussian), \"aic\", \"df\" or \"fixed\""
                    : "method is \"aic\", \"df\" or \"fixed\"");
}

static lb_status read_distribution(call_reader *r, lb_span value, lb_error *err)
{
  r->spec.penalty.gaussian = is_quoted(r, value, "gaussian") || is_quoted(r, value, "gauss");
  if (r->spec.penalty.gaussian || is_quoted(r, value, "gamma")) return LB_OK;
  return refuse(r, value, err,
                is_quoted(r, value, "t")
                    ? "there is no t frailty: distribution is \"gamma\" or \"gaussian\""
                    : "distribution is \"gamma\" or \"gaussian\"");
}

static lb_status read_scale(call_reader *r, lb_span value, lb_error *err)
{
  const char *text = r->f->text;
  bool yes = lb_scan_is(text, value, "true") || lb_scan_is(text, value, "TRUE");
  bool no = lb_scan_is(text, value, "false") || lb_scan_is(text, value, "FALSE");
  r->spec.penalty.scaled = yes;
  return yes || no ? LB_OK : refuse(r, value, err, "scale is true or false");
}

static lb_status read_terms(call_reader *r, lb_span value, lb_error *err)
{
  r->has_terms = true;
  if (whole_number(r, value, 3, LB_INTERVALS_MAX, &r->spec.n_term)) return LB_OK;
  return refuse(r, value, err, "nterm is a whole number from 3 to 60");
}

static lb_status read_degree(call_reader *r, lb_span value, lb_error *err)
{
  if (whole_number(r, value, 1, LB_PSPLINE_DEGREE_MAX, &r->spec.degree)) return LB_OK;
  return refuse(r, value, err, "degree is a whole number from 1 to 8");
}

static lb_status read_boundary(call_reader *r, lb_span value, lb_error *err)
{
  size_t n;
  r->spec.has_boundary = true;
  if (lb_scan_numbers(r->f->text, value, r->spec.boundary, 2, &n) && n == 2) return LB_OK;
  return refuse(r, value, err, "boundary is two ascending numbers: {20, 80}");
}

enum { RIDGE = 1, SPLINE = 2, FRAILTY = 4 };

static const struct {
  const char *name;
  unsigned kinds;
  lb_status (*read)(call_reader *r, lb_span value, lb_error *err);
} OPTIONS[] = {{"theta", RIDGE | SPLINE | FRAILTY, read_theta},
               {"df", RIDGE | SPLINE | FRAILTY, read_df},
               {"method", SPLINE | FRAILTY, read_method},
               {"distribution", FRAILTY, read_distribution},
               {"scale", RIDGE, read_scale},
               {"nterm", SPLINE, read_terms},
               {"degree", SPLINE, read_degree},
               {"boundary", SPLINE, read_boundary},
               {"Boundary.knots", SPLINE, read_boundary}};
#define N_OPTIONS (sizeof OPTIONS / sizeof *OPTIONS)

/* The name that was probably meant. */
static lb_status refuse_name(const call_reader *r, lb_span name, lb_error *err)
{
  const char *names[N_OPTIONS];
  char word[32] = "", list[160] = "";
  size_t n = 0, used = 0, length = name.end - name.start;
  for (size_t k = 0; k < N_OPTIONS; k++)
    if (OPTIONS[k].kinds >> r->kind & 1) names[n++] = OPTIONS[k].name;
  if (length < sizeof word) memcpy(word, r->f->text + name.start, length);
  size_t near = lb_name_nearest(word, names, n);
  for (size_t k = 0; k < n; k++)
    used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", k == 0 ? "" : ", ", names[k]);
  lb_formula_error(r->f, name, err, "%s(): there is no argument '%.30s'%s%s%s", KINDS[r->kind].word,
                   word, near < n ? " (did you mean '" : "", near < n ? names[near] : "",
                   near < n ? "'?)" : "");
  lb_error_mend(err, "Its arguments are %s.", list);
  return LB_EPARSE;
}

static lb_status read_option(call_reader *r, lb_span name, lb_span value, lb_error *err)
{
  for (size_t k = 0; k < N_OPTIONS; k++) {
    if ((OPTIONS[k].kinds >> r->kind & 1) == 0 || !lb_scan_is(r->f->text, name, OPTIONS[k].name))
      continue;
    if (value.start == value.end) return refuse(r, name, err, "an argument has no value");
    return OPTIONS[k].read(r, value, err);
  }
  return refuse_name(r, name, err);
}

/* ---- The whole call ---- */

static lb_status settle_frailty(call_reader *r, lb_error *err)
{
  lb_penalty *p = &r->spec.penalty;
  lb_penalty_method usual = p->gaussian ? LB_PENALTY_REML : LB_PENALTY_EM;
  if (!r->has_theta && !r->has_df && !r->has_method) p->method = usual;
  bool em = p->method == LB_PENALTY_EM, reml = p->method == LB_PENALTY_REML;
  if ((em && p->gaussian) || (reml && !p->gaussian))
    return refuse(
        r, r->call, err,
        em ? "method \"em\" is that of the gamma distribution; of the gaussian: \"reml\""
           : "method \"reml\" is that of the gaussian distribution; of the gamma: \"em\"");
  return LB_OK;
}

/* R's defaults: 4 degrees of freedom, 2.5 intervals for each, 15 for Akaike's criterion. */
static lb_status settle_spline(call_reader *r, lb_error *err)
{
  lb_penalty_spec *s = &r->spec;
  double df = r->has_df && s->penalty.df > 0 ? s->penalty.df : 4;
  bool aic = s->penalty.method == LB_PENALTY_AIC;
  if (!r->has_theta && !aic) s->penalty.df = df;
  if (!r->has_terms) {
    double terms = aic ? 15 : nearbyint(2.5 * df);
    if (terms > LB_INTERVALS_MAX) return refuse(r, r->call, err, "df is at most 24");
    s->n_term = terms < 3 ? 3 : (size_t)terms;
  }
  if (s->penalty.method == LB_PENALTY_DF && df > (double)s->n_term)
    return refuse(r, r->call, err, "nterm is too small for so many degrees of freedom");
  return LB_OK;
}

static lb_status settle(call_reader *r, lb_error *err)
{
  lb_penalty *p = &r->spec.penalty;
  if (r->has_theta && r->has_df)
    return refuse(r, r->call, err, "theta and df cannot both be given");
  if (r->has_method && p->method == LB_PENALTY_FIXED && !r->has_theta)
    return refuse(r, r->call, err, "method \"fixed\" needs theta");
  if (r->has_theta) p->method = LB_PENALTY_FIXED;
  if (r->has_method && p->method == LB_PENALTY_DF && !r->has_df && r->kind == LB_PENALTY_FRAILTY)
    return refuse(r, r->call, err, "method \"df\" needs df");
  if (r->kind == LB_PENALTY_FRAILTY) return settle_frailty(r, err);
  return r->kind == LB_PENALTY_SPLINE ? settle_spline(r, err) : LB_OK;
}

static lb_status start_reader(const lb_formula *f, lb_span call, lb_penalty_kind kind,
                              call_reader *out, lb_error *err)
{
  *out = (call_reader){.f = f, .call = call, .kind = kind};
  out->spec = (lb_penalty_spec){.start = call.start, .end = call.end, .degree = 3};
  out->spec.penalty =
      (lb_penalty){.kind = kind, .method = LB_PENALTY_DF, .df = NAN, .scaled = true};
  return split(out, err);
}

lb_status lb_penalty_read(const lb_formula *f, lb_span call, lb_penalty_kind kind,
                          lb_penalty_spec *out, lb_error *err)
{
  call_reader r;
  lb_status st = start_reader(f, call, kind, &r, err);
  for (size_t i = 0, bare = 0; st == LB_OK && i < r.n; i++) {
    lb_span value, name = lb_scan_named(f->text, r.argument[i], &value);
    if (name.end > 0)
      st = read_option(&r, name, value, err);
    else if (bare++ > 0 && kind == LB_PENALTY_SPLINE) /* pspline(x, 4) */
      st = bare == 2 ? read_df(&r, value, err)
                     : refuse(&r, value, err, "arguments after df have names");
    else if (bare > 1 && kind == LB_PENALTY_FRAILTY)
      st = refuse(&r, value, err, "arguments after the groups have names");
  }
  if (st == LB_OK) st = settle(&r, err);
  if (st == LB_OK) *out = r.spec;
  return st;
}

lb_status lb_penalty_variables(const lb_formula *f, lb_span call, lb_penalty_kind kind,
                               lb_span *out, size_t capacity, size_t *n, lb_error *err)
{
  call_reader r;
  *n = 0;
  lb_status st = start_reader(f, call, kind, &r, err);
  for (size_t i = 0; st == LB_OK && i < r.n; i++) {
    lb_span value, name = lb_scan_named(f->text, r.argument[i], &value);
    if (name.end > 0 || (*n == 1 && kind != LB_PENALTY_RIDGE)) continue;
    if (*n == capacity) return refuse(&r, value, err, "too many variables");
    out[(*n)++] = value;
  }
  if (st == LB_OK && *n == 0) st = refuse(&r, call, err, "no variable");
  return st;
}

lb_status lb_penalty_add(lb_formula *f, const lb_penalty_spec *spec, lb_error *err)
{
  for (size_t k = 0; k < f->n_penalty; k++)
    if ((f->penalty[k].set & spec->set) != 0)
      return lb_formula_error(f, (lb_span){spec->start, spec->end}, err,
                              "a variable stands in two penalised terms");
  lb_penalty_spec *larger = lb_mem_resize(f->penalty, f->n_penalty + 1, sizeof *larger);
  if (larger == NULL) return lb_error_nomem(err, "formula");
  f->penalty = larger;
  f->penalty[f->n_penalty++] = *spec;
  return LB_OK;
}

lb_status lb_penalty_basis(const lb_formula *f, lb_span call, lb_basis_spec *out, lb_error *err)
{
  lb_penalty_spec spec;
  lb_status st = lb_penalty_read(f, call, LB_PENALTY_SPLINE, &spec, err);
  if (st != LB_OK) return st;
  *out = (lb_basis_spec){.kind = LB_BASIS_PSPLINE,
                         .df = spec.n_term,
                         .degree = spec.degree,
                         .has_boundary = spec.has_boundary,
                         .boundary = {spec.boundary[0], spec.boundary[1]}};
  return LB_OK;
}
