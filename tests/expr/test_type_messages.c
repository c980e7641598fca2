/* test_type_messages.c - operands that do not fit: what each is, where it stands, and the mend. */
#include "fixture.h"

static const fx_case TYPES[] = {
    {"ecog > 2", "type: 'ecog' is text, but is compared with a number\n"
                 "  ecog > 2\n"
                 "  ^^^^ 3 values are numbers; 2 are not (rows 3, 6 of nets.csv)\n"
                 "If it should be a number, read it with  types = { ecog = \"integer\" }  and the "
                 "right  na = {...} , or convert it:  integer(ecog)"},
    {"2 < ecog", "type: 'ecog' is text, but is compared with a number\n"
                 "  2 < ecog\n"
                 "      ^^^^ 3 values are numbers; 2 are not (rows 3, 6 of nets.csv)\n"
                 "If it should be a number, read it with  types = { ecog = \"integer\" }  and the "
                 "right  na = {...} , or convert it:  integer(ecog)"},
    {"age > '18'", "type: 'age' is a number, but is compared with text\n"
                   "  age > '18'\n"
                   "  ^^^\n"
                   "Write the number without quotes:  18"},
    {"age == 'old'", "type: 'age' is a number, but is compared with text\n"
                     "  age == 'old'\n"
                     "  ^^^\n"
                     "Numbers stand without quotes:  age == 1"},
    {"treatment == 2", "type: 'treatment' is a factor, but is compared with a number\n"
                       "  treatment == 2\n"
                       "  ^^^^^^^^^\n"
                       "Levels are text and stand in quotes:  treatment == '2'"},
    {"treatment > 'TAE'", "type: the levels of 'treatment' have no order\n"
                          "  treatment > 'TAE'\n"
                          "  ^^^^^^^^^\n"
                          "Compare by  ==  ~=  or  in {...} , or make the factor ordered"},
    {"grade > 'G4'", "name: 'G4' is no level of 'grade' (did you mean 'G1'?)\n"
                     "  grade > 'G4'\n"
                     "          ^^^^"},
    {"grade > site",
     "type: an ordered factor is compared with a level or with a factor of the same levels\n"
     "  grade > site\n"
     "  ^^^^^^^^^^^^\n"
     "To compare the words themselves:  text(x)"},
    {"progressed == 1", "type: 'progressed' is logical, but is compared with a number\n"
                        "  progressed == 1\n"
                        "  ^^^^^^^^^^\n"
                        "A condition stands by itself:  progressed  or  not progressed"},
    {"progressed < true", "type: true and false have no order\n"
                          "  progressed < true\n"
                          "  ^^^^^^^^^^^^^^^^^\n"
                          "Compare them by  ==  or  ~="},
    {"1 < age < 5", "type: '1 < age' is logical, but is compared with a number\n"
                    "  1 < age < 5\n"
                    "  ^^^^^^^\n"
                    "Comparisons are not chained:  1 < x and x < 5  , or  x between 1 and 5"},
    {"not treatment == 'TAE'",
     "type: 'treatment' is a factor, but 'not' wants a condition\n"
     "  not treatment == 'TAE'\n"
     "      ^^^^^^^^^\n"
     "'not' binds first, as in Lua. Use parentheses:  not (treatment == ...)"},
    {"treatment == 'TAE' or 'SIRT'",
     "type: 'SIRT' is text, but 'or' wants a condition\n"
     "  treatment == 'TAE' or 'SIRT'\n"
     "                        ^^^^^^\n"
     "Repeat the comparison:  x == 'a' or x == 'b'  , or write  x in {'a', 'b'}"},
    {"age and p", "type: 'age' is a number, but 'and' wants a condition\n"
                  "  age and p\n"
                  "  ^^^\n"
                  "Compare it with something:  age > 0"},
    {"-site", "type: 'site' is text, but '-' wants a number\n"
              "  -site\n"
              "   ^^^^\n"
              "Convert it:  integer(site)  or  real(site)"},
    {"site * 2", "type: 'site' is text, but '*' wants a number\n"
                 "  site * 2\n"
                 "  ^^^^\n"
                 "Convert it:  integer(site)  or  real(site)"},
    {"treatment + 1", "type: 'treatment' is a factor, but '+' wants a number\n"
                      "  treatment + 1\n"
                      "  ^^^^^^^^^\n"
                      "Convert the names of its levels:  real(text(treatment))"},
    {"p + 1", "type: 'p' is logical, but '+' wants a number\n"
              "  p + 1\n"
              "  ^\n"
              "Convert it:  integer(p)  or  real(p)"},
    {"start > 3", "type: 'start' is a date, but is compared with a number\n"
                  "  start > 3\n"
                  "  ^^^^^\n"
                  "A date stands in quotes:  start >= '2020-01-31'"},
    {"start == site", "type: 'start' is a date, but is compared with text\n"
                      "  start == site\n"
                      "  ^^^^^\n"
                      "Convert the text:  date(site)"},
    {"start > '2020-02-30'", "type: '2020-02-30' is not a date (expected 'YYYY-MM-DD')\n"
                             "  start > '2020-02-30'\n"
                             "          ^^^^^^^^^^^^"},
    {"start > '1/2/2020'", "type: '1/2/2020' is not a date (expected 'YYYY-MM-DD')\n"
                           "  start > '1/2/2020'\n"
                           "          ^^^^^^^^^^"},
    {"seen > 'x'", "type: 'x' is not a date (expected 'YYYY-MM-DD' or 'YYYY-MM-DD HH:MM:SS')\n"
                   "  seen > 'x'\n"
                   "         ^^^"},
    {"start + 1.5",
     "type: '1.5' is a number, but a date (which moves by whole days) wants an integer\n"
     "  start + 1.5\n"
     "          ^^^\n"
     "Cut it to a whole number:  integer(1.5)"},
    {"start + start", "type: two dates cannot be added; their difference is a number of days\n"
                      "  start + start\n"
                      "  ^^^^^^^^^^^^^"},
    {"5 - start", "type: a date cannot be subtracted from what is no date\n"
                  "  5 - start\n"
                  "  ^^^^^^^^^"},
    {"seen + site", "type: 'site' is text, but a datetime (which moves by seconds) wants a number\n"
                    "  seen + site\n"
                    "         ^^^^\n"
                    "Convert it:  integer(site)  or  real(site)"},
    {"hour(start)", "type: 'start' is a date, but 'hour' wants a datetime\n"
                    "  hour(start)\n"
                    "       ^^^^^\n"
                    "Read it with its time:  types = { ... = \"datetime\" }"},
    {"start * 2", "type: 'start' is a date, but '*' wants a number\n"
                  "  start * 2\n"
                  "  ^^^^^"},
    {"if_else(p, 1, 'x')",
     "type: 'if_else' wants values of one type: '1' is a number, but 'x' is text\n"
     "  if_else(p, 1, 'x')\n"
     "                ^^^\n"
     "Convert one of them:  text(x)  integer(x)  real(x)  date(x)"},
    {"if_else(age, 1, 2)", "type: 'age' is a number, but 'if_else' wants a condition\n"
                           "  if_else(age, 1, 2)\n"
                           "          ^^^\n"
                           "Compare it with something:  age > 0"},
    {"coalesce(age, start)",
     "type: 'coalesce' wants values of one type: 'age' is a number, but 'start' is a date\n"
     "  coalesce(age, start)\n"
     "                ^^^^^\n"
     "Convert one of them:  text(x)  integer(x)  real(x)  date(x)"},
    {"{1, 2}", "type: '{1, 2}' is a list, but an expression wants one value a row\n"
               "  {1, 2}\n"
               "  ^^^^^^\n"
               "A list may stand after  in  and in functions that take one"},
    {"{1, 2} + 1", "type: '{1, 2}' is a list, but '+' wants a number\n"
                   "  {1, 2} + 1\n"
                   "  ^^^^^^\n"
                   "A list may stand after  in  and in functions that take one"},
    {"age == {1, 2}", "type: 'age' is a number, but is compared with a list\n"
                      "  age == {1, 2}\n"
                      "  ^^^\n"
                      "Ask whether it is in the list:  age in {...}"},
    {"age in {two}", "type: a list holds constants, not columns\n"
                     "  age in {two}\n"
                     "          ^^^\n"
                     "Compare with each:  x == a or x == b"},
    {"age in {'a'}", "type: 'age' is a number, but is compared with text\n"
                     "  age in {'a'}\n"
                     "  ^^^\n"
                     "Numbers stand without quotes:  age == 1"},
    {"age in 3", "parse: 'in' wants a list\n"
                 "  age in 3\n"
                 "         ^\n"
                 "A list stands in braces:  treatment in {'TAE', 'SIRT'}  ; or it comes from the "
                 "call:  treatment in $arms"},
    {"age in {{1}}", "type: a list cannot stand in a list\n"
                     "  age in {{1}}\n"
                     "          ^^^"},
    {"start in {'2020-01-01', '2020-02-30'}",
     "type: '2020-02-30' is not a date (expected 'YYYY-MM-DD')\n"
     "  start in {'2020-01-01', '2020-02-30'}\n"
     "                          ^^^^^^^^^^^^"},
    {"cut(age, 3)", "type: '3' is a number, but 'cut' wants a list\n"
                    "  cut(age, 3)\n"
                    "           ^\n"
                    "Write  cut(age, {40, 65}, {'young', 'middle', 'old'})"},
    {"cut(age, {})", "type: this list is empty\n"
                     "  cut(age, {})\n"
                     "           ^^"},
    {"cut(age, {2, 1})", "type: the breaks of 'cut' ascend\n"
                         "  cut(age, {2, 1})\n"
                         "               ^\n"
                         "Write  cut(age, {40, 65})"},
    {"cut(age, {'a'})", "type: a break of 'cut' is a number\n"
                        "  cut(age, {'a'})\n"
                        "            ^^^"},
    {"cut(age, {1, 2}, {'a', 'b'})",
     "type: 2 breaks make 3 classes, but there are 2 labels\n"
     "  cut(age, {1, 2}, {'a', 'b'})\n"
     "                   ^^^^^^^^^^\n"
     "Values below the first break and from the last one on are classes too:  cut(age, {40, 65}, "
     "{'young', 'middle', 'old'})"},
    {"cut(age, {1}, {'a', 'a'})", "type: a level stands twice in the list\n"
                                  "  cut(age, {1}, {'a', 'a'})\n"
                                  "                      ^^^"},
    {"cut(site, {1})", "type: 'site' is text, but 'cut' wants a number\n"
                       "  cut(site, {1})\n"
                       "      ^^^^\n"
                       "Convert it:  integer(site)  or  real(site)"},
    {"factor(site) == 'a'", "type: inside an expression 'factor' wants its levels\n"
                            "  factor(site) == 'a'\n"
                            "  ^^^^^^^^^^^^\n"
                            "Write  factor(x, {'a', 'b'})  , or make the factor a column first"},
    {"factor(site, {'a', 'a'})", "type: a level stands twice in the list\n"
                                 "  factor(site, {'a', 'a'})\n"
                                 "                     ^^^"},
    {"factor(site, {NA})", "type: NA cannot be a level\n"
                           "  factor(site, {NA})\n"
                           "                ^^"},
    {"round(age, 1.5)", "type: '1.5' is a number, but 'round' (as digits) wants an integer\n"
                        "  round(age, 1.5)\n"
                        "             ^^^\n"
                        "Cut it to a whole number:  integer(1.5)"},
    {"contains(age, 'x')", "type: 'age' is a number, but 'contains' wants text\n"
                           "  contains(age, 'x')\n"
                           "           ^^^\n"
                           "Convert it:  text(age)"},
    {"year(site)", "type: 'site' is text, but 'year' wants a date\n"
                   "  year(site)\n"
                   "       ^^^^\n"
                   "Convert it:  date(site)"},
    {"date(site, 1, 1)", "type: 'site' is text, but 'date' wants an integer\n"
                         "  date(site, 1, 1)\n"
                         "       ^^^^\n"
                         "Convert it:  integer(site)  or  real(site)"},
    {"date(1, 2)", "parse: 'date' takes 1 or 3 arguments, but 2 are given\n"
                   "  date(1, 2)\n"
                   "  ^^^^^^^^^^\n"
                   "Write  date(year, month, day)  or  date('2020-01-31')"},
    {"date('2020-13-01')", "type: '2020-13-01' is not a date (expected 'YYYY-MM-DD')\n"
                           "  date('2020-13-01')\n"
                           "       ^^^^^^^^^^^^"},
    {"integer(treatment)",
     "type: 'treatment' is a factor, but 'integer' wants text or a number\n"
     "  integer(treatment)\n"
     "          ^^^^^^^^^\n"
     "A factor's codes mean nothing; for numbers that its levels name:  integer(text(x))"},
    {"real(start)", "type: 'start' is a date, but 'real' wants text or a number\n"
                    "  real(start)\n"
                    "       ^^^^^\n"
                    "Count the days since a date:  days('2020-01-01', x)"},
    {"pmin(site, ecog)", "type: 'site' is text, but 'pmin' wants numbers or dates\n"
                         "  pmin(site, ecog)\n"
                         "       ^^^^"},
    {"pmin(age)", "parse: 'pmin' takes 2 arguments or more, but 1 is given\n"
                  "  pmin(age)\n"
                  "  ^^^^^^^^^\n"
                  "Write  pmin(a, b, ...)"},
    {"lower()", "parse: 'lower' takes 1 argument, but 0 are given\n"
                "  lower()\n"
                "  ^^^^^^^\n"
                "Write  lower(text)"},
    {"abs(1, 2)", "parse: 'abs' takes 1 argument, but 2 are given\n"
                  "  abs(1, 2)\n"
                  "  ^^^^^^^^^\n"
                  "Write  abs(x)"},
    {"mean(age)", "type: 'mean' makes one value of many rows and belongs in summarise\n"
                  "  mean(age)\n"
                  "  ^^^^^^^^^\n"
                  "Write  :summarise { \"name = mean(age)\" }"},
    {"max(age, two)", "parse: 'max' takes 1 argument, but 2 are given\n"
                      "  max(age, two)\n"
                      "  ^^^^^^^^^^^^^\n"
                      "Of several columns in the same row:  pmax(a, b)\n"
                      "Write  max(x)"},
    {"min(age)", "type: 'min' makes one value of many rows and belongs in summarise\n"
                 "  min(age)\n"
                 "  ^^^^^^^^\n"
                 "Of several columns in the same row:  pmin(a, b)"},
    {"is_nan(site)", "type: 'site' is text, but 'is_nan' wants a number\n"
                     "  is_nan(site)\n"
                     "         ^^^^\n"
                     "Convert it:  integer(site)  or  real(site)"},
};

static void test_types(void **state)
{
  (void)state;
  FX_CHECK_ALL(TYPES);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_types)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
