/* test_property.c - random expressions: the vectorised evaluation agrees, row by row, with a plain
 * recursive walk over the tree. */
#include "expr/ast.h"
#include "fixture.h"

#define ROWS  2999 /* several blocks, the last one ragged */
#define DEPTH 4

typedef enum naive_kind { NUMBER, TRUTH } naive_kind;
typedef struct naive {
  naive_kind kind;
  bool missing, integer;
  int64_t i;
  double d; /* numbers: always also as real */
} naive;

typedef struct data {
  int64_t a[ROWS], b[ROWS];
  double x[ROWS], y[ROWS];
  bool p[ROWS], q[ROWS];
  bool missing[6][ROWS];
} data;

static uint64_t draw(uint64_t *seed, uint64_t n)
{
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return (*seed >> 33) % n;
}

/* Random source ---------------------------------------------------------------------------- */

static void write_number(lb_str *s, uint64_t *seed, int depth);

static void write_condition(lb_str *s, uint64_t *seed, int depth)
{
  static const char *const LEAVES[] = {"p", "q", "true", "false"};
  static const char *const RELATIONS[] = {" < ", " <= ", " > ", " >= ", " == ", " ~= "};
  lb_str_putc(s, '(');
  switch (depth == 0 ? 9 : draw(seed, 7)) {
  case 0:
  case 1:
    write_condition(s, seed, depth - 1);
    lb_str_puts(s, draw(seed, 2) ? " and " : " or ");
    write_condition(s, seed, depth - 1);
    break;
  case 2:
    lb_str_puts(s, "not ");
    write_condition(s, seed, depth - 1);
    break;
  case 3:
    lb_str_puts(s, "is_na(");
    write_number(s, seed, depth - 1);
    lb_str_putc(s, ')');
    break;
  case 4:
    write_number(s, seed, depth - 1);
    lb_str_puts(s, draw(seed, 2) ? " in {1, 2, -3}" : " not in {0, 2.5}");
    break;
  case 9:
    lb_str_puts(s, LEAVES[draw(seed, 4)]);
    break;
  default:
    write_number(s, seed, depth - 1);
    lb_str_puts(s, RELATIONS[draw(seed, 6)]);
    write_number(s, seed, depth - 1);
  }
  lb_str_putc(s, ')');
}

static void write_number(lb_str *s, uint64_t *seed, int depth)
{
  static const char *const LEAVES[] = {"a", "b", "x", "y", "3", "2.5", "0"};
  static const char *const OPERATORS[] = {" + ", " - ", " * ", " / ", " // ", " % "};
  lb_str_putc(s, '(');
  switch (depth == 0 ? 9 : draw(seed, 6)) {
  case 0:
    lb_str_puts(s, "- ");
    write_number(s, seed, depth - 1);
    break;
  case 1:
    lb_str_puts(s, "if_else(");
    write_condition(s, seed, depth - 1);
    lb_str_puts(s, ", ");
    write_number(s, seed, depth - 1);
    lb_str_puts(s, ", ");
    write_number(s, seed, depth - 1);
    lb_str_putc(s, ')');
    break;
  case 2:
    lb_str_puts(s, "coalesce(");
    write_number(s, seed, depth - 1);
    lb_str_puts(s, ", ");
    write_number(s, seed, depth - 1);
    lb_str_putc(s, ')');
    break;
  case 9:
    lb_str_puts(s, LEAVES[draw(seed, 7)]);
    break;
  default:
    write_number(s, seed, depth - 1);
    lb_str_puts(s, OPERATORS[draw(seed, 6)]);
    write_number(s, seed, depth - 1);
  }
  lb_str_putc(s, ')');
}

/* The plain walk --------------------------------------------------------------------------- */

static naive number(bool integer, int64_t i, double d)
{
  return (naive){NUMBER, false, integer, i, integer ? (double)i : d};
}

static naive truth(bool value)
{
  return (naive){TRUTH, false, false, value, 0};
}

static naive na_of(naive_kind kind, bool integer)
{
  return (naive){.kind = kind, .missing = true, .integer = integer};
}

static naive walk(const lb_ast *ast, size_t node, const data *t, size_t row);

static naive walk_name(const char *name, const data *t, size_t row)
{
  size_t k = (size_t)(strchr("abxypq", name[0]) - "abxypq");
  naive v = k == 0   ? number(true, t->a[row], 0)
            : k == 1 ? number(true, t->b[row], 0)
            : k == 2 ? number(false, 0, t->x[row])
            : k == 3 ? number(false, 0, t->y[row])
            : k == 4 ? truth(t->p[row])
                     : truth(t->q[row]);
  v.missing = t->missing[k][row];
  return v;
}

static naive integer_operation(lb_token_kind op, int64_t x, int64_t y)
{
  int64_t q;
  switch (op) {
  case LB_TOK_PLUS:
    return number(true, x + y, 0);
  case LB_TOK_MINUS:
    return number(true, x - y, 0);
  case LB_TOK_STAR:
    return number(true, x * y, 0);
  default:
    break;
  }
  if (y == 0) return na_of(NUMBER, true);
  q = (int64_t)floorl((long double)x / (long double)y);
  return number(true, op == LB_TOK_FLOOR ? q : x - q * y, 0);
}

static double real_operation(lb_token_kind op, double x, double y)
{
  switch (op) {
  case LB_TOK_PLUS:
    return x + y;
  case LB_TOK_MINUS:
    return x - y;
  case LB_TOK_STAR:
    return x * y;
  case LB_TOK_SLASH:
    return x / y;
  case LB_TOK_FLOOR:
    return floor(x / y);
  default: {
    double m = fmod(x, y);
    return (m > 0 && y < 0) || (m < 0 && y > 0) ? m + y : m;
  }
  }
}

static naive walk_relation(lb_token_kind op, naive x, naive y)
{
  if (x.missing || y.missing) return na_of(TRUTH, false);
  switch (op) {
  case LB_TOK_LT:
    return truth(x.d < y.d);
  case LB_TOK_LE:
    return truth(x.d <= y.d);
  case LB_TOK_GT:
    return truth(x.d > y.d);
  case LB_TOK_GE:
    return truth(x.d >= y.d);
  case LB_TOK_EQ:
    return truth(x.d == y.d);
  default:
    return truth(x.d != y.d);
  }
}

static naive walk_binary(const lb_node *at, naive x, naive y)
{
  if (at->op == LB_TOK_AND || at->op == LB_TOK_OR) {
    bool decisive = at->op == LB_TOK_OR;
    if ((!x.missing && x.i == decisive) || (!y.missing && y.i == decisive)) return truth(decisive);
    return x.missing || y.missing ? na_of(TRUTH, false) : truth(!decisive);
  }
  if (at->op >= LB_TOK_LT && at->op <= LB_TOK_NE) return walk_relation(at->op, x, y);
  bool integer = x.integer && y.integer && at->op != LB_TOK_SLASH;
  if (x.missing || y.missing) return na_of(NUMBER, integer);
  if (integer) return integer_operation(at->op, x.i, y.i);
  return number(false, 0, real_operation(at->op, x.d, y.d));
}

/* if_else and coalesce give reals when either value is one. */
static naive chosen(naive v, naive other)
{
  v.integer = v.integer && other.integer;
  return v;
}

static naive walk_call(const lb_ast *ast, const lb_node *at, const data *t, size_t row)
{
  const size_t *arg = ast->arg + at->first;
  naive x = walk(ast, arg[0], t, row);
  if (strcmp(at->text, "is_na") == 0) return truth(x.missing);
  naive y = walk(ast, arg[1], t, row);
  if (strcmp(at->text, "coalesce") == 0) return chosen(x.missing ? y : x, x.missing ? x : y);
  naive z = walk(ast, arg[2], t, row);
  if (x.missing) return na_of(NUMBER, y.integer && z.integer);
  return x.i ? chosen(y, z) : chosen(z, y);
}

static naive walk_in(const lb_ast *ast, const lb_node *at, const data *t, size_t row)
{
  naive x = walk(ast, ast->arg[at->first], t, row);
  const lb_node *list = &ast->node[ast->arg[at->first + 1]];
  bool found = false;
  if (x.missing) return na_of(TRUTH, false);
  for (size_t i = 0; i < list->n; i++)
    found = found || walk(ast, ast->arg[list->first + i], t, row).d == x.d;
  return truth(found != at->negated);
}

static naive walk(const lb_ast *ast, size_t node, const data *t, size_t row)
{
  const lb_node *at = &ast->node[node];
  naive x;
  switch (at->kind) {
  case LB_NODE_INTEGER:
    return number(true, at->integer, 0);
  case LB_NODE_REAL:
    return number(false, 0, at->real);
  case LB_NODE_LOGICAL:
    return truth(at->integer != 0);
  case LB_NODE_NAME:
    return walk_name(at->text, t, row);
  case LB_NODE_CALL:
    return walk_call(ast, at, t, row);
  case LB_NODE_IN:
    return walk_in(ast, at, t, row);
  case LB_NODE_UNARY:
    x = walk(ast, ast->arg[at->first], t, row);
    x.i = at->op == LB_TOK_NOT ? !x.i : -x.i;
    x.d = x.integer ? (double)x.i : -x.d; /* an integer has no -0 */
    return x;
  default:
    x = walk(ast, ast->arg[at->first], t, row);
    return walk_binary(at, x, walk(ast, ast->arg[at->first + 1], t, row));
  }
}

/* Comparison ------------------------------------------------------------------------------- */

static bool agrees(naive want, const lb_column *c, size_t row)
{
  bool valid = lb_is_valid(lb_column_valid(c), row);
  if (want.missing || !valid) return want.missing == !valid;
  if (want.kind == TRUTH)
    return lb_column_type(c) == LB_LOGICAL &&
           lb_bit_get(lb_column_logical(c), row) == (want.i != 0);
  if (want.integer != (lb_column_type(c) == LB_INTEGER)) return false;
  double got = lb_column_number(c, row);
  return want.integer ? lb_column_integer(c)[row] == want.i
                      : got == want.d || (isnan(got) && isnan(want.d));
}

static void fill(data *t, lb_frame *f)
{
  static const double REALS[] = {0, 1, -1, 2.5, -3.25, 1e300, INFINITY, NAN, 0.1};
  uint64_t seed = 11;
  static char valid[6][ROWS + 1];
  static uint8_t p[(ROWS + 7) / 8], q[(ROWS + 7) / 8];
  for (size_t i = 0; i < ROWS; i++) {
    t->a[i] = (int64_t)draw(&seed, 19) - 9;
    t->b[i] = (int64_t)draw(&seed, 5) - 2;
    t->x[i] = REALS[draw(&seed, 9)];
    t->y[i] = REALS[draw(&seed, 9)];
    t->p[i] = draw(&seed, 2) != 0;
    t->q[i] = draw(&seed, 2) != 0;
    if (t->p[i]) lb_bit_set(p, i);
    if (t->q[i]) lb_bit_set(q, i);
    for (size_t k = 0; k < 6; k++) {
      t->missing[k][i] = k != 1 && draw(&seed, 5) == 0; /* b is complete */
      valid[k][i] = t->missing[k][i] ? '0' : '1';
    }
  }
  fx_add(f, "a", LB_INTEGER, t->a, sizeof *t->a, valid[0]);
  fx_add(f, "b", LB_INTEGER, t->b, sizeof *t->b, NULL);
  fx_add(f, "x", LB_REAL, t->x, sizeof *t->x, valid[2]);
  fx_add(f, "y", LB_REAL, t->y, sizeof *t->y, valid[3]);
  lb_error err = {0};
  lb_column *c = NULL;
  for (int k = 0; k < 2; k++) {
    uint8_t *bits = lb_bitmap_new(ROWS, false);
    assert_non_null(bits);
    memcpy(bits, k ? q : p, sizeof p);
    LB_OK_OR_FAIL(lb_column_new(LB_LOGICAL, ROWS, bits, fx_valid(valid[4 + k]), &c, &err), err);
    fx_take(f, k ? "q" : "p", c);
  }
}

static void check_one(const lb_frame *f, const data *t, uint64_t *seed, bool condition)
{
  lb_error err = {0};
  lb_str s = {0};
  lb_ast ast = {0};
  lb_expr *e = NULL;
  lb_column *c = NULL;
  if (condition)
    write_condition(&s, seed, DEPTH);
  else
    write_number(&s, seed, DEPTH);
  LB_OK_OR_FAIL(lb_ast_parse(s.data, s.length, &ast, &err), err);
  LB_OK_OR_FAIL(lb_expr_compile(s.data, s.length, f, NULL, &e, &err), err);
  LB_OK_OR_FAIL(lb_expr_eval(e, f, &c, &err), err);
  for (size_t row = 0; row < ROWS; row++) {
    if (agrees(walk(&ast, ast.root, t, row), c, row)) continue;
    print_error("row %zu of %s\n", row, s.data);
    fail();
  }
  lb_column_release(c);
  lb_expr_free(e);
  lb_ast_reset(&ast);
  lb_str_reset(&s);
}

static void test_random_expressions(void **state)
{
  (void)state;
  static data t;
  lb_error err = {0};
  lb_frame *f = NULL;
  uint64_t seed = 2024;
  LB_OK_OR_FAIL(lb_frame_new(ROWS, NULL, &f, &err), err);
  fill(&t, f);
  for (int i = 0; i < 600; i++) check_one(f, &t, &seed, i % 2 == 0);
  lb_frame_release(f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_random_expressions)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
