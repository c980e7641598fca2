/* formula_terms.c - the algebra of model terms (Wilkinson & Rogers 1973, Appl Stat 22:392), with
 * the operators and the order of terms that R gives them. */
#include "model/formula_terms.h"

#include <string.h>

#include "base/mem.h"
#include "expr/habits.h"
#include "model/formula_penalty.h"

#define VARIABLES_MAX 64
#define TERMS_MAX     512 /* distinct terms; keeps a^9 * b^9 from filling the memory */
#define NESTING_MAX   50

typedef struct terms {
  uint64_t *set;
  size_t n;
  bool number;  /* the operand was 0 or 1: no term, but the intercept */
  bool special; /* holds strata(), cluster(), offset() or a penalised term: only + may join it */
  lb_span span; /* where it stands */
} terms;

typedef struct parser {
  lb_formula *f;
  const char *text;
  size_t at, end;
  size_t depth;
} parser;

static lb_status parse_sum(parser *p, terms *out, lb_error *err);

static void terms_reset(terms *t)
{
  lb_mem_free(t->set);
  *t = (terms){0};
}

/* Adds a set unless it is there. */
static lb_status terms_add(terms *t, uint64_t set, lb_error *err)
{
  for (size_t i = 0; i < t->n; i++)
    if (t->set[i] == set) return LB_OK;
  if (t->n == TERMS_MAX)
    return lb_error_set(err, LB_EPARSE, "the formula has more than %d terms", TERMS_MAX);
  if (t->set == NULL) t->set = lb_mem_array(TERMS_MAX, sizeof *t->set);
  if (t->set == NULL) return lb_error_nomem(err, "terms");
  t->set[t->n++] = set;
  return LB_OK;
}

static lb_status terms_join(terms *t, const terms *more, lb_error *err)
{
  lb_status st = LB_OK;
  for (size_t i = 0; i < more->n && st == LB_OK; i++) st = terms_add(t, more->set[i], err);
  return st;
}

/* a:b, each with each. The result goes to a fresh list. */
static lb_status terms_cross(const terms *a, const terms *b, terms *out, lb_error *err)
{
  lb_status st = LB_OK;
  for (size_t i = 0; i < a->n; i++)
    for (size_t j = 0; j < b->n && st == LB_OK; j++)
      st = terms_add(out, a->set[i] | b->set[j], err);
  return st;
}

static void terms_remove(terms *t, const terms *gone)
{
  size_t kept = 0;
  for (size_t i = 0; i < t->n; i++) {
    bool keep = true;
    for (size_t j = 0; j < gone->n; j++) keep = keep && gone->set[j] != t->set[i];
    if (keep) t->set[kept++] = t->set[i];
  }
  t->n = kept;
}

/* ---- Looking ahead ---- */

static void skip_blanks(parser *p)
{
  while (p->at < p->end && lb_scan_is_blank(p->text[p->at])) p->at++;
}

static char peek(parser *p)
{
  skip_blanks(p);
  return p->at < p->end ? p->text[p->at] : '\0';
}

static bool accept(parser *p, const char *operator)
{
  size_t n = strlen(operator);
  skip_blanks(p);
  if (p->end - p->at < n || strncmp(p->text + p->at, operator, n) != 0) return false;
  p->at += n;
  return true;
}

/* ---- Atoms ---- */

bool lb_formula_unavailable(const char *word, size_t length)
{
  static const char *const NAME[] = {"tt"};
  for (size_t i = 0; i < sizeof NAME / sizeof *NAME; i++)
    if (strlen(NAME[i]) == length && strncmp(word, NAME[i], length) == 0) return true;
  return false;
}

/* The variable of a range as a term; the same text is the same variable. */
static lb_status add_variable(parser *p, lb_span span, terms *out, lb_error *err)
{
  lb_formula *f = p->f;
  lb_status st = lb_variable_add(&f->variable, &f->n_variable, p->text, span, err);
  if (st != LB_OK) return st;
  size_t last = f->n_variable - 1, i = 0;
  while (strcmp(f->variable[i].text, f->variable[last].text) != 0) i++;
  if (i < last)
    lb_mem_free(f->variable[--f->n_variable].text);
  else if (last == VARIABLES_MAX)
    return lb_formula_error(f, span, err, "a formula holds at most %d variables", VARIABLES_MAX);
  return terms_add(out, (uint64_t)1 << i, err);
}

static lb_status add_specials(parser *p, lb_span inside, lb_variable **list, size_t *n,
                              lb_error *err)
{
  lb_span argument[VARIABLES_MAX];
  size_t count = lb_scan_arguments(p->text, inside, argument, VARIABLES_MAX);
  lb_status st = LB_OK;
  if (count > VARIABLES_MAX) return lb_formula_error(p->f, inside, err, "too many arguments");
  for (size_t i = 0; i < count && st == LB_OK; i++) {
    if (argument[i].start == argument[i].end)
      return lb_formula_error(p->f, inside, err, "an argument is empty");
    st = lb_variable_add(list, n, p->text, argument[i], err);
  }
  return st;
}

/* ridge(a, b, theta = 1), pspline(x, df = 4), frailty(id): variables, or groups, and options. */
static lb_status read_penalised(parser *p, lb_span call, lb_penalty_kind kind, terms *out,
                                lb_error *err)
{
  lb_formula *f = p->f;
  lb_penalty_spec spec;
  lb_span variable[VARIABLES_MAX];
  size_t n = 0;
  lb_status st = lb_penalty_read(f, call, kind, &spec, err);
  if (st == LB_OK) st = lb_penalty_variables(f, call, kind, variable, VARIABLES_MAX, &n, err);
  if (st != LB_OK) return st;
  terms own = {0};
  if (kind == LB_PENALTY_FRAILTY)
    st = f->n_frailty > 0 ? lb_formula_error(f, call, err, "frailty() stands twice")
                          : lb_variable_add(&f->frailty, &f->n_frailty, p->text, variable[0], err);
  for (size_t i = 0; st == LB_OK && i < n && kind != LB_PENALTY_FRAILTY; i++)
    st = add_variable(p, kind == LB_PENALTY_SPLINE ? call : variable[i], &own, err);
  for (size_t i = 0; i < own.n; i++) spec.set |= own.set[i];
  if (st == LB_OK) st = lb_penalty_add(f, &spec, err);
  if (st == LB_OK) st = terms_join(out, &own, err);
  terms_reset(&own);
  out->special = true;
  return st;
}

/* strata(a, b), cluster(x), offset(x), I(x). */
static lb_status read_special(parser *p, lb_span call, lb_span word, terms *out, lb_error *err)
{
  lb_formula *f = p->f;
  char kind = p->text[word.start];
  size_t open = word.end;
  while (p->text[open] != '(') open++;
  lb_span inside = {open + 1, call.end - 1};
  size_t n = lb_scan_arguments(p->text, inside, NULL, 0);
  if (n == 0 || (kind != 's' && n != 1))
    return lb_formula_error(f, call, err, "%.*s() takes %s, not %zu", (int)(word.end - word.start),
                            p->text + word.start, kind == 's' ? "variables" : "one argument", n);
  if (kind == 'I')
    return add_variable(p, lb_scan_trim(p->text, inside.start, inside.end), out, err);
  out->special = true;
  if (kind == 's') return add_specials(p, inside, &f->strata, &f->n_strata, err);
  if (kind == 'o') return add_specials(p, inside, &f->offset, &f->n_offset, err);
  if (f->n_cluster > 0) return lb_formula_error(f, call, err, "cluster() stands twice");
  return add_specials(p, inside, &f->cluster, &f->n_cluster, err);
}

static bool is_special(const char *word, size_t length)
{
  static const char *const NAME[] = {"strata", "cluster", "offset", "I"};
  for (size_t i = 0; i < sizeof NAME / sizeof *NAME; i++)
    if (strlen(NAME[i]) == length && strncmp(word, NAME[i], length) == 0) return true;
  return false;
}

/* A name, or a call: the text up to its closing bracket. */
static lb_status read_name(parser *p, terms *out, lb_error *err)
{
  lb_span word = {p->at, lb_scan_item(p->text, p->at, p->end)};
  const char *name = p->text + word.start;
  size_t length = word.end - word.start;
  p->at = word.end;
  bool call = p->text[word.start] != '`' && peek(p) == '(';
  if (!call) {
    p->at = word.end;
    return add_variable(p, word, out, err);
  }
  p->at = lb_scan_item(p->text, p->at, p->end);
  lb_span whole = {word.start, p->at};
  if (lb_formula_unavailable(name, length))
    return lb_formula_error(p->f, whole, err, "%.*s() is not available in this version",
                            (int)length, name);
  if (strncmp(name, "Surv", 4) == 0)
    return lb_formula_error(p->f, whole, err, "the outcome stands left of '~'");
  lb_penalty_kind kind;
  if (lb_penalty_word(name, length, &kind)) return read_penalised(p, whole, kind, out, err);
  if (is_special(name, length)) return read_special(p, whole, word, out, err);
  return add_variable(p, whole, out, err);
}

/* 0 and 1 speak of the intercept; other numbers are no terms. */
static lb_status read_number(parser *p, terms *out, lb_error *err)
{
  lb_span span = {p->at, lb_scan_item(p->text, p->at, p->end)};
  char digit = p->text[span.start];
  if (span.end - span.start != 1 || digit > '1') {
    lb_formula_error(p->f, span, err, "a number is no term, but for 0 and 1");
    lb_error_mend(err, "Arithmetic goes into I(...):  I(age * 10)");
    return LB_EPARSE;
  }
  p->at = span.end;
  p->f->intercept = digit == '1';
  out->number = true;
  return LB_OK;
}

/* A point in the name of a function of another language: as.factor(x), is.na(x). */
static bool refuse_dotted(parser *p, lb_error *err)
{
  lb_span word = {p->at, p->at};
  while (word.start > 0 && lb_scan_is_word(p->text[word.start - 1])) word.start--;
  while (word.end < p->end && (lb_scan_is_word(p->text[word.end]) || p->text[word.end] == '.'))
    word.end++;
  char name[32];
  size_t n = word.end - word.start;
  if (n >= sizeof name) return false;
  memcpy(name, p->text + word.start, n);
  name[n] = '\0';
  const lb_habit *habit = lb_habit_function(name);
  if (habit == NULL) return false;
  lb_formula_error(p->f, word, err, "'%s' is written '%s' in Lobule", name, habit->written);
  return true;
}

static lb_status unexpected(parser *p, lb_error *err)
{
  char c = peek(p);
  lb_span here = {p->at, p->at + (p->at < p->end)};
  if (c == '\0')
    return lb_formula_error(p->f, here, err, "the formula ends where a term should follow");
  if (c == '.') {
    if (refuse_dotted(p, err)) return LB_EPARSE;
    lb_formula_error(p->f, here, err, "'.' is not understood in a formula");
    lb_error_mend(err, "Name the terms one by one; quote a name that holds a point: `log.cga`");
  } else if (c == '|') {
    lb_formula_error(p->f, here, err, "'|' is not understood in a formula");
    lb_error_mend(err, "Write frailty(centre) for a random effect of each group, strata(centre) "
                       "for a baseline of its own.");
  } else if (c == '/') {
    lb_formula_error(p->f, here, err, "'/' is not understood in a formula");
    lb_error_mend(err, "Write a + a:b for nesting, I(a / b) for division.");
  } else if (strchr("<>=!&", c) != NULL || c == '~') {
    lb_formula_error(p->f, here, err, "a comparison stands in I(...):  I(age >= 65)");
  } else {
    while (here.end < p->end && ((unsigned char)p->text[here.end] & 0xC0) == 0x80) here.end++;
    lb_formula_error(p->f, here, err, "a term or an operator was expected, not '%.*s'",
                     (int)(here.end - here.start), p->text + here.start);
  }
  return LB_EPARSE;
}

static lb_status parse_brackets(parser *p, terms *out, lb_error *err)
{
  lb_span whole = {p->at, lb_scan_item(p->text, p->at, p->end)};
  size_t end = p->end;
  if (p->depth == NESTING_MAX)
    return lb_formula_error(p->f, whole, err, "brackets are nested more than %d deep", NESTING_MAX);
  p->at = whole.start + 1;
  p->end = whole.end - 1;
  p->depth++;
  lb_status st = parse_sum(p, out, err);
  p->depth--;
  p->at = whole.end;
  p->end = end;
  return st;
}

static lb_status parse_atom(parser *p, terms *out, lb_error *err)
{
  char c = peek(p);
  size_t start = p->at;
  lb_status st;
  if (c == '(')
    st = parse_brackets(p, out, err);
  else if (lb_scan_is_digit(c))
    st = read_number(p, out, err);
  else if (lb_scan_is_word(c) || c == '`')
    st = read_name(p, out, err);
  else
    st = unexpected(p, err);
  out->span = (lb_span){start, p->at};
  return st;
}

/* ---- Operators, tightest first ---- */

static lb_status check_operand(const parser *p, const terms *t, lb_error *err)
{
  if (t->special)
    return lb_formula_error(
        p->f, t->span, err,
        "strata(), cluster(), offset() and penalised terms are joined by + alone");
  if (t->number)
    return lb_formula_error(p->f, t->span, err,
                            "0 and 1 speak of the intercept: join them by + or -");
  return LB_OK;
}

static lb_status read_power(parser *p, size_t *power, lb_error *err)
{
  size_t start = (skip_blanks(p), p->at);
  *power = 0;
  while (p->at < p->end && lb_scan_is_digit(p->text[p->at]) && *power < 1000)
    *power = *power * 10 + (size_t)(p->text[p->at++] - '0');
  if (*power >= 1 && *power <= VARIABLES_MAX) return LB_OK;
  lb_formula_error(p->f, (lb_span){start, p->at > start ? p->at : start + 1}, err,
                   "after '^' a whole number from 1 to 64 was expected");
  lb_error_mend(err, "(a + b)^2 means a + b + a:b; a square is written I(age^2).");
  return LB_EPARSE;
}

/* One variable alone. */
static bool is_single(const terms *t)
{
  return t->n == 1 && (t->set[0] & (t->set[0] - 1)) == 0;
}

/* R takes age^2 for age and says nothing; whoever writes it means the square. */
static lb_status refuse_square(parser *p, const terms *base, lb_error *err)
{
  lb_formula_error(p->f, (lb_span){base->span.start, p->at}, err,
                   "'^' crosses terms in a formula: of one variable it changes nothing");
  lb_error_mend(err, "A square is written I(age^2).");
  return LB_EPARSE;
}

static lb_status parse_power(parser *p, terms *out, lb_error *err)
{
  terms base = {0};
  size_t power;
  lb_status st = parse_atom(p, out, err);
  if (st != LB_OK || !accept(p, "^")) return st;
  st = check_operand(p, out, err);
  if (st == LB_OK) st = read_power(p, &power, err);
  if (st == LB_OK && power > 1 && is_single(out)) st = refuse_square(p, out, err);
  if (st == LB_OK) st = terms_join(&base, out, err);
  for (size_t i = 1; st == LB_OK && i < power; i++) {
    terms next = {.span = out->span};
    size_t before = out->n;
    st = terms_join(&next, out, err);
    if (st == LB_OK) st = terms_cross(out, &base, &next, err);
    terms_reset(out);
    *out = next;
    if (next.n == before) break; /* nothing new can come */
  }
  terms_reset(&base);
  return st;
}

/* a op b, where op makes a list out of two. */
typedef lb_status (*parse_function)(parser *p, terms *out, lb_error *err);
typedef lb_status (*join_function)(const terms *a, const terms *b, terms *out, lb_error *err);

static lb_status parse_chain(parser *p, const char *operator, parse_function tighter,
                             join_function join, terms *out, lb_error *err)
{
  lb_status st = tighter(p, out, err);
  while (st == LB_OK && accept(p, operator)) {
    terms right = {0}, joined = {.span = out->span};
    st = check_operand(p, out, err);
    if (st == LB_OK) st = tighter(p, &right, err);
    if (st == LB_OK) st = check_operand(p, &right, err);
    if (st == LB_OK) st = join(out, &right, &joined, err);
    joined.span.end = right.span.end;
    terms_reset(&right);
    terms_reset(out);
    *out = joined;
  }
  return st;
}

/* a %in% b: every term of a with all variables of b. */
static lb_status join_in(const terms *a, const terms *b, terms *out, lb_error *err)
{
  uint64_t all = 0;
  lb_status st = LB_OK;
  for (size_t i = 0; i < b->n; i++) all |= b->set[i];
  for (size_t i = 0; i < a->n && st == LB_OK; i++) st = terms_add(out, a->set[i] | all, err);
  return st;
}

/* a * b = a + b + a:b */
static lb_status join_product(const terms *a, const terms *b, terms *out, lb_error *err)
{
  lb_status st = terms_join(out, a, err);
  if (st == LB_OK) st = terms_join(out, b, err);
  if (st == LB_OK) st = terms_cross(a, b, out, err);
  return st;
}

static lb_status parse_interaction(parser *p, terms *out, lb_error *err)
{
  return parse_chain(p, ":", parse_power, terms_cross, out, err);
}

static lb_status parse_in(parser *p, terms *out, lb_error *err)
{
  return parse_chain(p, "%in%", parse_interaction, join_in, out, err);
}

static lb_status parse_product(parser *p, terms *out, lb_error *err)
{
  return parse_chain(p, "*", parse_in, join_product, out, err);
}

/* One more operand of a sum, joined to `out`. - 1 takes the intercept out, - 0 puts it in. */
static lb_status parse_summand(parser *p, bool minus, terms *out, lb_error *err)
{
  terms right = {0};
  lb_status st = parse_product(p, &right, err);
  if (st == LB_OK && minus && right.special) st = check_operand(p, &right, err);
  if (st == LB_OK && minus && right.number) p->f->intercept = !p->f->intercept;
  if (st == LB_OK && minus) terms_remove(out, &right);
  if (st == LB_OK && !minus) st = terms_join(out, &right, err);
  out->special = out->special || right.special;
  terms_reset(&right);
  return st;
}

static lb_status parse_sum(parser *p, terms *out, lb_error *err)
{
  bool minus = accept(p, "-");
  if (!minus) accept(p, "+");
  lb_status st = parse_summand(p, minus, out, err);
  while (st == LB_OK && peek(p) != '\0') {
    minus = accept(p, "-");
    bool plus = !minus && accept(p, "+");
    if (plus) minus = accept(p, "-"); /* a + -1 */
    st = plus || minus ? parse_summand(p, minus, out, err) : unexpected(p, err);
  }
  return st;
}

/* ---- The whole side ---- */

/* Main effects first, then by order of interaction; first appearance first within one order. */
static lb_status keep_terms(lb_formula *f, const terms *t, lb_error *err)
{
  f->term = lb_mem_array(t->n, sizeof *f->term);
  if (f->term == NULL) return lb_error_nomem(err, "terms");
  for (int order = 1; order <= VARIABLES_MAX; order++)
    for (size_t i = 0; i < t->n; i++)
      if (__builtin_popcountll(t->set[i]) == order) f->term[f->n_term++] = t->set[i];
  return LB_OK;
}

/* Variables that no term holds any more (a - a) would be asked of the data for nothing. */
static void drop_unused(lb_formula *f, terms *t)
{
  uint64_t used = 0;
  for (size_t i = 0; i < t->n; i++) used |= t->set[i];
  for (size_t v = f->n_variable; v-- > 0;) {
    if (used >> v & 1) continue;
    uint64_t below = ((uint64_t)1 << v) - 1;
    lb_mem_free(f->variable[v].text);
    f->n_variable--;
    memmove(f->variable + v, f->variable + v + 1, (f->n_variable - v) * sizeof *f->variable);
    for (size_t i = 0; i < t->n; i++) t->set[i] = (t->set[i] & below) | (t->set[i] >> 1 & ~below);
    for (size_t i = 0; i < f->n_penalty; i++)
      f->penalty[i].set = (f->penalty[i].set & below) | (f->penalty[i].set >> 1 & ~below);
  }
}

lb_status lb_formula_terms(lb_formula *f, lb_span side, lb_error *err)
{
  parser p = {.f = f, .text = f->text, .at = side.start, .end = side.end};
  terms all = {0};
  lb_status st;
  if (peek(&p) == '\0') {
    lb_formula_error(f, (lb_span){side.end, side.end}, err, "nothing stands right of '~'");
    lb_error_mend(err, "Write  ~ 1  for a model without terms.");
    return LB_EPARSE;
  }
  st = parse_sum(&p, &all, err);
  if (st == LB_OK) drop_unused(f, &all);
  if (st == LB_OK) st = keep_terms(f, &all, err);
  terms_reset(&all);
  return st;
}
