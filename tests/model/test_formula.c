/* test_formula.c - formulas: expansion as in R, specials, blanks, refusals with their carets. */
#include "check.h"

#include "base/str.h"
#include "model/formula.h"

static lb_formula parse(const char *text)
{
  lb_formula f = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_formula_parse(text, strlen(text), &f, &err), err);
  return f;
}

static void add_list(lb_str *s, const char *name, const lb_variable *list, size_t n)
{
  for (size_t i = 0; i < n; i++) lb_str_addf(s, " %s<%s>", name, list[i].text);
}

/* "a b a:b strata<s> -1" */
static char *describe(const lb_formula *f)
{
  lb_str s = {0};
  for (size_t t = 0; t < f->n_term; t++) {
    bool first = true;
    if (t > 0) lb_str_putc(&s, ' ');
    for (size_t v = 0; v < f->n_variable; v++) {
      if ((f->term[t] >> v & 1) == 0) continue;
      if (!first) lb_str_putc(&s, ':');
      lb_str_puts(&s, f->variable[v].text);
      first = false;
    }
  }
  add_list(&s, "strata", f->strata, f->n_strata);
  add_list(&s, "cluster", f->cluster, f->n_cluster);
  add_list(&s, "offset", f->offset, f->n_offset);
  if (!f->intercept) lb_str_puts(&s, " -1");
  return lb_str_take(&s, NULL);
}

/* Written by hand; R 4.2.2, attr(terms(f), "term.labels"), agrees on every line that R can read,
 * but for what is ours: specials stand apart, I(x) is x, blanks and quotes stay. */
static const struct {
  const char *right, *want;
} expansions[] = {
    {"a", "a"},
    {"1", ""},
    {"0", " -1"},
    {"a + b", "a b"},
    {"a + b + a", "a b"},
    {"a * b", "a b a:b"},
    {"a:b + a + c", "a c a:b"},
    {"b:a + a:b", "b:a"},
    {"(a + b) * c + d", "a b c d a:c b:c"},
    {"a * b * c", "a b c a:b a:c b:c a:b:c"},
    {"(a + b + c)^2", "a b c a:b a:c b:c"},
    {"(a + b + c)^2 - a:b", "a b c a:c b:c"},
    {"(a + b)^9", "a b a:b"},
    {"a * b - a", "b a:b"},
    {"a - a", ""},
    {"a:a", "a"},
    {"a %in% b", "a:b"},
    {"a + b %in% a", "a a:b"},
    {"(a + b):(c + d)", "a:c a:d b:c b:d"},
    {"a + b - 1", "a b -1"},
    {"-1 + a", "a -1"},
    {"a + 0", "a -1"},
    {"0 + a + 1", "a"},
    {"a + -1", "a -1"},
    {"a + 1", "a"},
    {"log( a )+log(a)", "log(a)"},
    {"log(a) + log( a ) + I(a  >=  2):b", "log(a) a >= 2:b"},
    {"cut(a,{1,2},{'x , y','z'})", "cut(a, {1, 2}, {'x , y', 'z'})"},
    {"`a + b` * c", "`a + b` c `a + b`:c"},
    {"a + strata(b,c) + strata(d)", "a strata<b> strata<c> strata<d>"},
    {"strata( site ) + a*b", "a b a:b strata<site>"},
    {"a + cluster(id) + offset( log(t) )", "a cluster<id> offset<log(t)>"},
    {"I(x)", "x"},
    {"if_else(a == ')', 1, 0)", "if_else(a == ')', 1, 0)"},
};

static void test_expansion(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof expansions / sizeof *expansions; i++) {
    char text[128];
    snprintf(text, sizeof text, "y ~ %s", expansions[i].right);
    lb_formula f = parse(text);
    char *got = describe(&f);
    assert_string_equal(got, expansions[i].want);
    lb_mem_free(got);
    lb_formula_reset(&f);
  }
}

static const struct {
  const char *text;
  lb_response_kind kind;
  size_t n;
  const char *part[3];
} responses[] = {
    {"~ a", LB_RESPONSE_NONE, 0, {NULL, NULL, NULL}},
    {"y ~ a", LB_RESPONSE_EXPR, 1, {"y", NULL, NULL}},
    {"log(y) + 1 ~ a", LB_RESPONSE_EXPR, 1, {"log(y) + 1", NULL, NULL}},
    {"y ~= 2 ~ a", LB_RESPONSE_EXPR, 1, {"y ~= 2", NULL, NULL}},
    {"Surv(t, e) ~ a", LB_RESPONSE_SURV, 2, {"t", "e", NULL}},
    {"Surv( t,status == 2 )~a", LB_RESPONSE_SURV, 2, {"t", "status == 2", NULL}},
    {"Surv(t, s ~= 0) ~ a", LB_RESPONSE_SURV, 2, {"t", "s ~= 0", NULL}},
    {"Surv(t0, t1, e) ~ a", LB_RESPONSE_SURV, 3, {"t0", "t1", "e"}},
    {"Surv(months(a, b), d in {1, 2}) ~ a",
     LB_RESPONSE_SURV,
     2,
     {"months(a, b)", "d in {1, 2}", NULL}},
    {"Surv_CNSR(AVAL, CNSR) ~ TRT", LB_RESPONSE_SURV_CNSR, 2, {"AVAL", "CNSR", NULL}},
    {"Surv(t, e) + 1 ~ a", LB_RESPONSE_EXPR, 1, {"Surv(t, e) + 1", NULL, NULL}},
};

static void test_responses(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof responses / sizeof *responses; i++) {
    lb_formula f = parse(responses[i].text);
    assert_int_equal(f.response, responses[i].kind);
    assert_int_equal(f.n_response_part, responses[i].n);
    for (size_t k = 0; k < f.n_response_part; k++)
      assert_string_equal(f.response_part[k].text, responses[i].part[k]);
    lb_formula_reset(&f);
  }
}

static void test_positions(void **state)
{
  (void)state;
  lb_formula f = parse("Surv(t,\n e) ~ a +  log( b )");
  assert_string_equal(f.text, "Surv(t,  e) ~ a +  log( b )");
  assert_int_equal(f.response_part[1].start, 9);
  assert_int_equal(f.response_part[1].end, 10);
  assert_int_equal(f.variable[1].start, 19);
  assert_int_equal(f.variable[1].end, 27);
  assert_string_equal(f.variable[1].text, "log(b)");
  lb_formula_reset(&f);
}

static const struct {
  const char *text, *message, *context; /* context: NULL = not looked at */
} refusals[] = {
    {"", "the formula has no '~'", NULL},
    {"Surv(t, e)", "the formula has no '~'",
     "  Surv(t, e)\n            ^\n"
     "Write the outcome, ~, and the terms:  Surv(time, event) ~ treatment + age"},
    {"y ~ a ~ b", "a formula has one '~', not two", "  y ~ a ~ b\n        ^"},
    {"y ~", "nothing stands right of '~'", "  y ~\n     ^\nWrite  ~ 1  for a model without terms."},
    {"y ~ a +", "the formula ends where a term should follow", "  y ~ a +\n         ^"},
    {"y ~ (a + b", "'(' is not closed, or by the wrong bracket", "  y ~ (a + b\n      ^"},
    {"y ~ (a + b]", "'(' is not closed, or by the wrong bracket", NULL},
    {"y ~ a)", "a term or an operator was expected, not ')'", "  y ~ a)\n       ^"},
    {"y ~ `a", "'`' is not closed", NULL},
    {"y ~ a b", "a term or an operator was expected, not 'b'", "  y ~ a b\n        ^"},
    {"y ~ 2", "a number is no term, but for 0 and 1", NULL},
    {"y ~ a:1", "0 and 1 speak of the intercept: join them by + or -", NULL},
    {"y ~ a^x", "after '^' a whole number from 1 to 64 was expected", NULL},
    {"y ~ a^0", "after '^' a whole number from 1 to 64 was expected", NULL},
    {"y ~ tt(age)", "tt() is not available in this version", "  y ~ tt(age)\n      ^^^^^^^"},
    {"y ~ frailty(id, thetta = 1)",
     "frailty(): there is no argument 'thetta' (did you mean 'theta'?)",
     "  y ~ frailty(id, thetta = 1)\n                  ^^^^^^\nIts arguments are theta, df, "
     "method, "
     "distribution."},
    {"y ~ frailty(id) + frailty(x)", "frailty() stands twice",
     "  y ~ frailty(id) + frailty(x)\n                    ^^^^^^^^^^"},
    {"y ~ frailty()", "frailty(): no variable", NULL},
    {"y ~ frailty(id, 'gamma')", "frailty(): arguments after the groups have names", NULL},
    {"y ~ frailty(id, method = 'reml')",
     "frailty(): method \"reml\" is that of the gaussian "
     "distribution; of the gamma: \"em\"",
     NULL},
    {"y ~ frailty(id, method = 'df')", "frailty(): method \"df\" needs df", NULL},
    {"y ~ frailty(id, theta = 0)", "frailty(): theta is a number above 0", NULL},
    {"y ~ ridge(a, b, theta = 1, df = 1)", "ridge(): theta and df cannot both be given", NULL},
    {"y ~ ridge(a, scale = 1)", "ridge(): scale is true or false", NULL},
    {"y ~ ridge(a, theta =)", "ridge(): an argument has no value", NULL},
    {"y ~ ridge(a) + ridge(a, b)", "a variable stands in two penalised terms", NULL},
    {"y ~ ridge(a, degree = 2)", "ridge(): there is no argument 'degree'", NULL},
    {"y ~ pspline(x, df = 1)", "pspline(): df is above 1: a straight line has 1",
     "  y ~ pspline(x, df = 1)\n                      ^\nWrite pspline(x, df = 4), or pspline(x, "
     "df = "
     "0) for Akaike's criterion."},
    {"y ~ pspline(x, theta = 1)",
     "pspline(): theta is a number between 0 and 1: lambda / (1 + lambda)", NULL},
    {"y ~ pspline(x, nterm = 2)", "pspline(): nterm is a whole number from 3 to 60", NULL},
    {"y ~ pspline(x, df = 5, nterm = 4)",
     "pspline(): nterm is too small for so many degrees of freedom", NULL},
    {"y ~ pspline(x, boundary = {3, 1})", "pspline(): boundary is two ascending numbers: {20, 80}",
     NULL},
    {"y ~ a * pspline(x)",
     "strata(), cluster(), offset() and penalised terms are joined by + alone", NULL},
    {"Surv_interval(a) ~ x", "Surv_interval() takes (lower, upper), not 1 argument", NULL},
    {"y ~ a / b", "'/' is not understood in a formula",
     "  y ~ a / b\n        ^\nWrite a + a:b for nesting, I(a / b) for division."},
    {"y ~ .", "'.' is not understood in a formula", NULL},
    {"y ~ log.cga", "'.' is not understood in a formula", NULL},
    {"y ~ (1 | id)", "'|' is not understood in a formula", NULL},
    {"y ~ age >= 65", "a comparison stands in I(...):  I(age >= 65)", NULL},
    {"y ~ a * strata(b)", "strata(), cluster(), offset() and penalised terms are joined by + alone",
     NULL},
    {"y ~ a - offset(b)", "strata(), cluster(), offset() and penalised terms are joined by + alone",
     NULL},
    {"y ~ cluster(a, b)", "cluster() takes one argument, not 2", NULL},
    {"y ~ cluster(a) + cluster(b)", "cluster() stands twice", NULL},
    {"y ~ strata()", "strata() takes variables, not 0", NULL},
    {"y ~ strata(a,)", "an argument is empty", NULL},
    {"y ~ Surv(a, b)", "the outcome stands left of '~'", NULL},
    {"Surv(t) ~ a", "Surv() takes (time, event) or (entry, time, event), not 1 argument", NULL},
    {"Surv(a, b, c, d) ~ x", "Surv() takes (time, event) or (entry, time, event), not 4 arguments",
     NULL},
    {"Surv(t, ) ~ a", "an argument of Surv() is empty", NULL},
    {"Surv(time, event, type = 'right') ~ a", "the arguments of Surv() have no names", NULL},
    {"Surv(t, e = 1) ~ a", "the arguments of Surv() have no names", NULL},
    {"Surv_CNSR(a, b, c) ~ x", "Surv_CNSR() takes (time, cnsr), not 3 arguments", NULL},
    {"surv(t, e) ~ a", "'surv' is spelled 'Surv'", NULL},
    {"y ~ \xFF", "the formula is not UTF-8 text", NULL},
};

static void test_refusals(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
    lb_formula f = {0};
    lb_error err = {0};
    lb_status st = lb_formula_parse(refusals[i].text, strlen(refusals[i].text), &f, &err);
    assert_int_equal(st, LB_EPARSE);
    assert_null(f.text);
    assert_string_equal(err.message, refusals[i].message);
    if (refusals[i].context != NULL) assert_string_equal(err.context, refusals[i].context);
    assert_int_equal(lb_formula_parse(refusals[i].text, strlen(refusals[i].text), &f, NULL), st);
  }
}

/* 64 variables are taken, 65 refused; so is an expansion without end. */
static void test_limits(void **state)
{
  (void)state;
  for (size_t n = 64; n <= 65; n++) {
    lb_str s = {0};
    lb_formula f = {0};
    lb_error err = {0};
    lb_str_puts(&s, "y ~ v0");
    for (size_t i = 1; i < n; i++) lb_str_addf(&s, " + v%zu", i);
    lb_status st = lb_formula_parse(s.data, s.length, &f, &err);
    assert_int_equal(st, n == 64 ? LB_OK : LB_EPARSE);
    assert_int_equal(f.n_term, n == 64 ? 64 : 0);
    lb_formula_reset(&f);
    lb_str_reset(&s);
  }
  const char *many = "y ~ (a + b + c + d + e + f + g + h + i + j)^9";
  lb_formula f = {0};
  assert_int_equal(lb_formula_parse(many, strlen(many), &f, NULL), LB_EPARSE);
}

static void test_allocation_failures(void **state)
{
  (void)state;
  const char *text =
      "Surv(a, b, c) ~ (x + y)^2 * z %in% w - x + strata(p, q) + cluster(r) + offset(s)";
  lb_status st = LB_ENOMEM;
  lb_formula f = {0};
  lb_error err = {0};
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_formula_parse(text, strlen(text), &f, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && f.text == NULL && lb_mem_live() == 0));
  }
  lb_formula_reset(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_expansion), LB_TEST(test_responses), LB_TEST(test_positions),
      LB_TEST(test_refusals),  LB_TEST(test_limits),    LB_TEST(test_allocation_failures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
