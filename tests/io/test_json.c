/* test_json.c - JSON in and out: what is accepted, what is refused and where, numbers to the digit.
 */
#include "check.h"

#include "io/json.h"

/* Parses and prints again; the caller frees. */
static char *again(const char *text, int indent)
{
  lb_json *root = NULL;
  lb_error err = {0};
  char *out = NULL;
  LB_OK_OR_FAIL(lb_json_parse(text, strlen(text), &root, &err), err);
  LB_OK_OR_FAIL(lb_json_print(root, indent, &out, NULL, &err), err);
  lb_json_free(root);
  return out;
}

static const struct {
  const char *in, *out;
} same[] = {
    {"null", "null"},
    {" [ true , false ] ", "[true,false]"},
    {"{}", "{}"},
    {"[]", "[]"},
    {"[0.1, 1e300, -5, 123456.75]", "[0.1,1e+300,-5,123456.75]"},
    {"[0.30000000000000004]", "[0.30000000000000004]"},
    {"{\"b\":1,\"a\":2,\"b\":3}", "{\"b\":1,\"a\":2,\"b\":3}"},
    {"\"a\\u00e9\\n\\ud83d\\ude00\\u001f\\/\"", "\"a\xC3\xA9\\n\xF0\x9F\x98\x80\\u001f/\""},
    {"\xEF\xBB\xBF[1]", "[1]"},
    {"[[],[{}],[[1]]]", "[[],[{}],[[1]]]"},
    {"[9007199254740993,-9007199254740993]", "[9007199254740993,-9007199254740993]"},
    {"[9223372036854775807,-9223372036854775808]", "[9223372036854775807,-9223372036854775808]"},
    {"{\"9007199254740995\":[1,\"-7\\\\\\\" 3\",9007199254740995]}",
     "{\"9007199254740995\":[1,\"-7\\\\\\\" 3\",9007199254740995]}"},
    {"9223372036854775808", "9.223372036854776e+18"}, /* beyond int64: the nearest double */
    {"9007199254740993.0", "9007199254740992"},
    {"1.7976931348623157e308", "1.7976931348623157e+308"},
};

static void test_round_trip(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
    char *out = again(same[i].in, 0);
    assert_string_equal(out, same[i].out);
    lb_mem_free(out);
  }
}

static const struct {
  const char *text, *message;
} refused[] = {
    {"", "line 1, column 1: the text ends too early"},
    {"[1,]", "line 1, column 4: a value was expected"},
    {"[1 2]", "line 1, column 4: ',' or ']' was expected"},
    {"{\"a\" 1}", "line 1, column 6: ':' was expected"},
    {"{a:1}", "line 1, column 2: a string in double quotes was expected"},
    {"{\"a\":1,}", "line 1, column 8: a string in double quotes was expected"},
    {"{\"a\":1]", "line 1, column 7: ',' or '}' was expected"},
    {"[1] x", "line 1, column 5: text after the end of the value"},
    {"[01]", "line 1, column 3: ',' or ']' was expected"},
    {"1e999", "line 1, column 1: a number too large for a double"},
    {"[1,\n -1e309]", "line 2, column 2: a number too large for a double"},
    {"[1.]", "line 1, column 4: a digit was expected"},
    {"[-]", "line 1, column 3: a digit was expected"},
    {"[1e+]", "line 1, column 5: a digit was expected"},
    {"[+1]", "line 1, column 2: a value was expected"},
    {"[NaN]", "line 1, column 2: a value was expected"},
    {"\"a\nb\"", "line 1, column 3: a control character inside a string"},
    {"\"\\x\"", "line 1, column 3: an unknown escape after '\\'"},
    {"\"\\u12g4\"", "line 1, column 6: four hexadecimal digits should follow \\u"},
    {"\"\\u0000\"", "line 1, column 8: the character \\u0000 is not accepted"},
    {"\"\\udc00\"", "line 1, column 8: half of a surrogate pair"},
    {"\"\\ud800x\"", "line 1, column 8: half of a surrogate pair"},
    {"\"open", "line 1, column 6: the text ends too early"},
    {"{\n  \"\xC3\xA9\": tru\n}", "line 2, column 8: a value was expected"},
    {"\"\xFF\"", "the text is not UTF-8 (byte 2)"},
};

static void test_refused(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    lb_json *root = NULL;
    lb_error err = {0};
    lb_status st = lb_json_parse(refused[i].text, strlen(refused[i].text), &root, &err);
    assert_int_equal(st, LB_EPARSE);
    assert_null(root);
    assert_string_equal(err.message, refused[i].message);
    assert_int_equal(lb_json_parse(refused[i].text, strlen(refused[i].text), &root, NULL), st);
  }
}

static void test_caret(void **state)
{
  (void)state;
  const char *text = "{\n  \"a\": 1,\n  \"b\": x\n}";
  lb_json *root = NULL;
  lb_error err = {0};
  assert_int_equal(lb_json_parse(text, strlen(text), &root, &err), LB_EPARSE);
  assert_string_equal(err.context, "    \"b\": x\n         ^");
}

static void test_nul_byte(void **state)
{
  (void)state;
  lb_json *root = NULL;
  lb_error err = {0};
  assert_int_equal(lb_json_parse("[1\0]", 4, &root, &err), LB_EPARSE);
  assert_null(root);
}

/* 500 levels are read and printed, 501 refused. */
static void test_nesting(void **state)
{
  (void)state;
  for (size_t depth = 500; depth <= 501; depth++) {
    char text[1010] = {0};
    lb_json *root = NULL;
    lb_error err = {0};
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    lb_status st = lb_json_parse(text, 2 * depth, &root, &err);
    assert_int_equal(st, depth == 500 ? LB_OK : LB_EPARSE);
    if (st != LB_OK) continue;
    char *out = NULL;
    LB_OK_OR_FAIL(lb_json_print(root, 0, &out, NULL, &err), err);
    assert_string_equal(out, text);
    lb_mem_free(out);
    lb_json_free(root);
  }
}

static void test_build(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_json *root = lb_json_new(LB_JSON_OBJECT), *list = lb_json_new(LB_JSON_LIST);
  assert_true(lb_json_push(list, NULL, lb_json_new_integer(INT64_MAX)));
  assert_true(lb_json_push(list, NULL, lb_json_new_integer(INT64_MIN)));
  assert_true(lb_json_push(list, NULL, lb_json_new_integer(-7)));
  assert_true(lb_json_push(list, NULL, lb_json_new_number(NAN)));
  assert_true(lb_json_push(list, NULL, lb_json_new_number(-INFINITY)));
  assert_true(lb_json_push(root, "n", list));
  assert_true(lb_json_push(root,
                           "ill\xFF"
                           "formed\xC3",
                           lb_json_new_text("\xE2\x82 \"q\"\\\t\x01")));
  assert_true(lb_json_push(root, "empty", lb_json_new(LB_JSON_LIST)));
  assert_true(lb_json_push(root, "yes", lb_json_new_boolean(true)));
  assert_false(lb_json_push(root, "none", NULL));
  LB_NEAR(lb_json_number(lb_json_first(lb_json_first(root))), 9223372036854775807.0, 0);
  char *out = NULL;
  size_t length = 0;
  LB_OK_OR_FAIL(lb_json_print(root, 2, &out, &length, &err), err);
  assert_string_equal(out, "{\n"
                           "  \"n\": [9223372036854775807, -9223372036854775808, -7, \"NaN\", "
                           "\"-Inf\"],\n"
                           "  \"ill\xEF\xBF\xBD"
                           "formed\xEF\xBF\xBD\": \"\xEF\xBF\xBD \\\"q\\\"\\\\\\t\\u0001\",\n"
                           "  \"empty\": [],\n"
                           "  \"yes\": true\n"
                           "}");
  assert_int_equal(length, strlen(out));
  lb_mem_free(out);
  lb_json_free(root);
}

static void test_long_lists_break(void **state)
{
  (void)state;
  char *out = again("[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
                    "\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"]",
                    1);
  assert_string_equal(out, "[\n \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\n"
                           " \"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"\n]");
  lb_mem_free(out);
}

static void test_looking(void **state)
{
  (void)state;
  const char *text = "{\"t\":\"x\",\"n\":2.5,\"b\":false,\"l\":[null]}";
  lb_json *root = NULL;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_json_parse(text, strlen(text), &root, &err), err);
  assert_int_equal(lb_json_type(root), LB_JSON_OBJECT);
  const lb_json *t = lb_json_first(root), *n = lb_json_next(t), *b = lb_json_next(n),
                *l = lb_json_next(b);
  assert_string_equal(lb_json_name(t), "t");
  assert_string_equal(lb_json_text(t), "x");
  LB_NEAR(lb_json_number(n), 2.5, 0);
  assert_null(lb_json_text(n));
  assert_int_equal(lb_json_type(b), LB_JSON_BOOLEAN);
  assert_false(lb_json_boolean(b));
  assert_int_equal(lb_json_type(l), LB_JSON_LIST);
  assert_int_equal(lb_json_type(lb_json_first(l)), LB_JSON_NULL);
  assert_null(lb_json_next(l));
  lb_json_free(root);
}

static void test_allocation_failures(void **state)
{
  (void)state;
  const char *text = "{\"a\":[1,\"two\",{\"three\":null}],\"b\":true}";
  lb_error err = {0};
  lb_json *root = NULL;
  char *out = NULL;
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_json_parse(text, strlen(text), &root, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && root == NULL && lb_mem_live() == 0));
  }
  size_t held = lb_mem_live();
  st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_json_print(root, 2, &out, NULL, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && out == NULL && lb_mem_live() == held));
  }
  lb_mem_fail_after(-1);
  lb_mem_free(out);
  for (long k = 0; k < 3; k++) { /* the child goes with a push that fails */
    lb_json *child = lb_json_new_text("x");
    lb_mem_fail_after(0);
    assert_false(lb_json_push(root, "name", child));
    lb_mem_fail_after(-1);
  }
  lb_json_free(root);
}

int main(void)
{
  lb_json_init();
  const struct CMUnitTest tests[] = {
      LB_TEST(test_round_trip), LB_TEST(test_refused),          LB_TEST(test_caret),
      LB_TEST(test_nul_byte),   LB_TEST(test_nesting),          LB_TEST(test_build),
      LB_TEST(test_looking),    LB_TEST(test_long_lists_break), LB_TEST(test_allocation_failures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
