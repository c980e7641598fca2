/* test_messages.c - foreign habits, syntax and unknown names: what was found, where, and the
 * mend. */
#include "fixture.h"

static const fx_case HABITS[] = {
    {"grade != 'G3'", "parse: '!=' is written '~=' in Lobule, as in Lua\n"
                      "  grade != 'G3'\n"
                      "        ^^"},
    {"grade <> 'G3'", "parse: '<>' is written '~=' in Lobule, as in Lua\n"
                      "  grade <> 'G3'\n"
                      "        ^^"},
    {"p & q", "parse: '&' is written 'and' in Lobule, as in Lua\n"
              "  p & q\n"
              "    ^"},
    {"p && q", "parse: '&&' is written 'and' in Lobule, as in Lua\n"
               "  p && q\n"
               "    ^^"},
    {"p | q", "parse: '|' is written 'or' in Lobule, as in Lua\n"
              "  p | q\n"
              "    ^"},
    {"p || q", "parse: '||' is written 'or' in Lobule, as in Lua\n"
               "  p || q\n"
               "    ^^"},
    {"!p", "parse: '!' is written 'not' in Lobule, as in Lua\n"
           "  !p\n"
           "  ^"},
    {"treatment %in% {'TAE'}", "parse: '%in%' is written 'in' in Lobule\n"
                               "  treatment %in% {'TAE'}\n"
                               "            ^^^^\n"
                               "A list stands in braces:  treatment in {'TAE', 'SIRT'}"},
    {"age %% 2", "parse: '%%' is written '%' in Lobule, as in Lua\n"
                 "  age %% 2\n"
                 "      ^^"},
    {"age %/% 2", "parse: '%/%' is written '//' in Lobule, as in Lua\n"
                  "  age %/% 2\n"
                  "      ^^^"},
    {"age ** 2", "parse: '**' is written '^' in Lobule, as in Lua\n"
                 "  age ** 2\n"
                 "      ^^"},
    {"age = 3", "parse: '=' is written '==' in Lobule, as in Lua\n"
                "  age = 3\n"
                "      ^"},
    {"age => 3", "parse: '=>' is written '>=' in Lobule, as in Lua\n"
                 "  age => 3\n"
                 "      ^^"},
    {"age == NULL", "parse: 'NULL' is written 'is_na(x)' in Lobule\n"
                    "  age == NULL\n"
                    "         ^^^^\n"
                    "Nothing equals a missing value; ask for it:  is_na(x)  or  not is_na(x)"},
    {"age == None", "parse: 'None' is written 'is_na(x)' in Lobule\n"
                    "  age == None\n"
                    "         ^^^^\n"
                    "Nothing equals a missing value; ask for it:  is_na(x)  or  not is_na(x)"},
    {"bili == nan", "parse: 'nan' is written 'is_nan(x)' in Lobule\n"
                    "  bili == nan\n"
                    "          ^^^\n"
                    "is_nan(x) finds what is not a number, is_na(x) what is missing"},
    {"bili == NaN", "parse: 'NaN' is written 'is_nan(x)' in Lobule\n"
                    "  bili == NaN\n"
                    "          ^^^\n"
                    "is_nan(x) finds what is not a number, is_na(x) what is missing"},
    {"age == nil", "parse: nothing equals nil: a missing value is found by 'is_na(x)'\n"
                   "  age == nil\n"
                   "         ^^^\n"
                   "Write  is_na(x)  or  not is_na(x)"},
    {"p == TRUE", "parse: 'TRUE' is written 'true' in Lobule\n"
                  "  p == TRUE\n"
                  "       ^^^^"},
    {"p == FALSE", "parse: 'FALSE' is written 'false' in Lobule\n"
                   "  p == FALSE\n"
                   "       ^^^^^"},
    {"p AND q", "parse: 'AND' is written 'and' in Lobule\n"
                "  p AND q\n"
                "    ^^^"},
    {"ifelse(p, 1, 2)", "parse: 'ifelse' is written 'if_else' in Lobule\n"
                        "  ifelse(p, 1, 2)\n"
                        "  ^^^^^^"},
    {"is.na(age)", "parse: 'is.na' is written 'is_na' in Lobule\n"
                   "  is.na(age)\n"
                   "  ^^^^^"},
    {"as.numeric(ecog)", "parse: 'as.numeric' is written 'real' in Lobule\n"
                         "  as.numeric(ecog)\n"
                         "  ^^^^^^^^^^"},
    {"nchar(site)", "parse: 'nchar' is written 'length' in Lobule\n"
                    "  nchar(site)\n"
                    "  ^^^^^"},
    {"paste(site, ecog)", "parse: 'paste' is written '..' in Lobule\n"
                          "  paste(site, ecog)\n"
                          "  ^^^^^\n"
                          "Text is joined by an operator:  a .. ' ' .. b"},
    {"c('a', 'b')", "parse: 'c' is written '{}' in Lobule\n"
                    "  c('a', 'b')\n"
                    "  ^\n"
                    "A list stands in braces:  treatment in {'TAE', 'SIRT'}"},
    {"treatment in c('TAE')", "parse: 'in' wants a list\n"
                              "  treatment in c('TAE')\n"
                              "               ^\n"
                              "A list stands in braces:  treatment in {'TAE', 'SIRT'}  ; or it "
                              "comes from the call:  treatment in $arms"},
    {"treatment in ('TAE')", "parse: 'in' wants a list\n"
                             "  treatment in ('TAE')\n"
                             "               ^\n"
                             "A list stands in braces:  treatment in {'TAE', 'SIRT'}  ; or it "
                             "comes from the call:  treatment in $arms"},
    {"treatment == “TAE”", "parse: '“' is written ' in Lobule\n"
                           "  treatment == “TAE”\n"
                           "               ^\n"
                           "A word processor changed the quotes; type them again."},
    {"age ≥ 18", "parse: '≥' is written '>=' in Lobule, as in Lua\n"
                 "  age ≥ 18\n"
                 "      ^"},
    {"tumour.size > 3", "parse: a name with a point stands in backticks\n"
                        "  tumour.size > 3\n"
                        "  ^^^^^^^^^^^\n"
                        "Write  `tumour.size`"},
    {"age in [1]", "parse: brackets have no meaning here\n"
                   "  age in [1]\n"
                   "         ^\n"
                   "A list stands in braces:  treatment in {'TAE', 'SIRT'}"},
    {"x--1", "parse: '--' begins a comment in Lua and is not allowed here\n"
             "  x--1\n"
             "   ^^\n"
             "To subtract a negative number, leave a blank:  a - -1"},
};

static void test_habits(void **state)
{
  (void)state;
  FX_CHECK_ALL(HABITS);
}

static const fx_case SYNTAX[] = {
    {"treatment ==", "parse: the expression ends after '=='\n"
                     "  treatment ==\n"
                     "              ^ a value should follow\n"
                     "Did quotes inside the string end it? Use double quotes outside:  :filter "
                     "\"treatment == 'SIRT'\""},
    {"treatment == ", "parse: the expression ends after '=='\n"
                      "  treatment == \n"
                      "              ^ a value should follow\n"
                      "Did quotes inside the string end it? Use double quotes outside:  :filter "
                      "\"treatment == 'SIRT'\""},
    {"age > 3 and", "parse: the expression ends after 'and'\n"
                    "  age > 3 and\n"
                    "             ^ a value should follow\n"
                    "Did quotes inside the string end it? Use double quotes outside:  :filter "
                    "\"treatment == 'SIRT'\""},
    {"", "parse: the expression is empty"},
    {"   ", "parse: the expression is empty"},
    {"(age + 1", "parse: the expression ends, but '(' is still open\n"
                 "  (age + 1\n"
                 "  ^"},
    {"age + 1)", "parse: ')' cannot follow '1'\n"
                 "  age + 1)\n"
                 "         ^\n"
                 "There is nothing open that it could close"},
    {"age 5", "parse: '5' cannot follow 'age'\n"
              "  age 5\n"
              "      ^\n"
              "An operator should stand between them:  +  ==  and  or  .."},
    {"Tumour size > 3", "parse: 'size' cannot follow 'Tumour'\n"
                        "  Tumour size > 3\n"
                        "         ^^^^\n"
                        "A name with blanks stands in backticks:  `Tumour size (mm)`"},
    {"3,5", "parse: ',' cannot follow '3'\n"
            "  3,5\n"
            "   ^\n"
            "A decimal number has a point:  0.5 ; conditions are joined by  and"},
    {"age..", "parse: the expression ends after '..'\n"
              "  age..\n"
              "       ^ a value should follow\n"
              "Did quotes inside the string end it? Use double quotes outside:  :filter "
              "\"treatment == 'SIRT'\""},
    {"mean(", "parse: the expression ends after '('\n"
              "  mean(\n"
              "       ^ a value should follow\n"
              "Did quotes inside the string end it? Use double quotes outside:  :filter "
              "\"treatment == 'SIRT'\""},
    {"{1, 2", "parse: the expression ends, but '{' is still open\n"
              "  {1, 2\n"
              "  ^"},
    {"if_else(p, 1, )", "parse: a value should stand before ')'\n"
                        "  if_else(p, 1, )\n"
                        "                ^"},
    {"'abc", "parse: the text that begins here does not end\n"
             "  'abc\n"
             "  ^\n"
             "Close it with the same quote:  '...'"},
    {"\"abc'", "parse: the text that begins here does not end\n"
               "  \"abc'\n"
               "  ^\n"
               "Close it with the same quote:  \"...\""},
    {"[[abc", "parse: the text that begins here does not end\n"
              "  [[abc\n"
              "  ^^"},
    {"`abc", "parse: the name in backticks does not end\n"
             "  `abc\n"
             "  ^"},
    {"``", "parse: the name is empty\n"
           "  ``\n"
           "  ^^"},
    {"'a\\qb'", "parse: this escape is unknown\n"
                "  'a\\qb'\n"
                "    ^^\n"
                "A backslash itself is written  \\\\"},
    {"'\\xff'", "parse: the escapes in this text are no UTF-8\n"
                "  '\\xff'\n"
                "  ^^^^^^"},
    {"5yr > 3", "parse: this number is malformed\n"
                "  5yr > 3\n"
                "  ^^\n"
                "A name that begins with a digit stands in backticks:  `5yr`"},
    {"3x", "parse: this number is malformed\n"
           "  3x\n"
           "  ^^\n"
           "A name that begins with a digit stands in backticks:  `5yr`"},
    {"1e", "parse: this number is malformed\n"
           "  1e\n"
           "  ^^"},
    {"0x", "parse: this is no number that Lua knows\n"
           "  0x\n"
           "  ^^"},
    {"1e999", "parse: this number is too large\n"
              "  1e999\n"
              "  ^^^^^"},
    {"$", "parse: a name should follow '$'\n"
          "  $\n"
          "  ^\n"
          "$name takes a value from the call:  { with = { name = 2 } }"},
    {"age ? 3", "parse: '?' has no meaning here\n"
                "  age ? 3\n"
                "      ^"},
    {"age between 1", "parse: 'between' wants two ends\n"
                      "  age between 1\n"
                      "      ^^^^^^^\n"
                      "Write  age between 18 and 75  ; both ends belong to it"},
    {"age between 1 or 2", "parse: 'between' wants two ends\n"
                           "  age between 1 or 2\n"
                           "                ^^\n"
                           "Write  age between 18 and 75  ; both ends belong to it"},
    {"age not 3", "parse: after a value 'not' wants 'in' or 'between' behind it\n"
                  "  age not 3\n"
                  "      ^^^"},
    {"(1, 2)", "parse: ',' cannot follow '1'\n"
               "  (1, 2)\n"
               "    ^\n"
               "A decimal number has a point:  0.5 ; conditions are joined by  and\n"
               "A list stands in braces:  treatment in {'TAE', 'SIRT'}"},
    {"in {1}", "parse: a value should stand before 'in'\n"
               "  in {1}\n"
               "  ^^"},
    {"age in", "parse: the expression ends after 'in'\n"
               "  age in\n"
               "        ^ a value should follow\n"
               "Did quotes inside the string end it? Use double quotes outside:  :filter "
               "\"treatment == 'SIRT'\""},
    {"~p", "parse: '~' is written 'not' in Lobule, as in Lua\n"
           "  ~p\n"
           "  ^"},
    {"age; 3", "parse: ';' cannot follow 'age'\n"
               "  age; 3\n"
               "     ^\n"
               "A decimal number has a point:  0.5 ; conditions are joined by  and"},
    {"nil", "parse: nothing equals nil: a missing value is found by 'is_na(x)'\n"
            "  nil\n"
            "  ^^^\n"
            "Write  is_na(x)  or  not is_na(x)"},
};

static void test_syntax(void **state)
{
  (void)state;
  FX_CHECK_ALL(SYNTAX);
}

static const fx_case NAMES[] = {
    {"traetment in {'TAE'}", "name: no column 'traetment' (did you mean 'treatment'?)\n"
                             "  traetment in {'TAE'}\n"
                             "  ^^^^^^^^^"},
    {"Ki67 > 3", "name: no column 'Ki67'\n"
                 "  Ki67 > 3\n"
                 "  ^^^^\n"
                 "Columns are: age, two, big, bili, Tumour size (mm), treatment, grade, planned, "
                 "site, ecog, progressed, p, ... (4 more)"},
    {"treatment == SIRT",
     "name: no column 'SIRT'\n"
     "  treatment == SIRT\n"
     "               ^^^^\n"
     "'SIRT' is a level of 'treatment'. Text stands in quotes:  treatment == 'SIRT'"},
    {"SIRT == treatment",
     "name: no column 'SIRT'\n"
     "  SIRT == treatment\n"
     "  ^^^^\n"
     "'SIRT' is a level of 'treatment'. Text stands in quotes:  treatment == 'SIRT'"},
    {"treatment in {TAE, 'SIRT'}",
     "name: no column 'TAE'\n"
     "  treatment in {TAE, 'SIRT'}\n"
     "                ^^^\n"
     "'TAE' is a level of 'treatment'. Text stands in quotes:  treatment in {'TAE'}"},
    {"site == liver", "name: no column 'liver'\n"
                      "  site == liver\n"
                      "          ^^^^^\n"
                      "If it is a value of 'site', it stands in quotes:  site == 'liver'\n"
                      "Columns are: age, two, big, bili, Tumour size (mm), treatment, grade, "
                      "planned, site, ecog, progressed, p, ... (4 more)"},
    {"n > 3", "name: no column 'n'\n"
              "  n > 3\n"
              "  ^\n"
              "The function is called with parentheses:  n()\n"
              "Columns are: age, two, big, bili, Tumour size (mm), treatment, grade, "
              "planned, site, ecog, progressed, p, ... (4 more)"},
    {"lenght(site)", "name: no function 'lenght' (did you mean 'length'?)\n"
                     "  lenght(site)\n"
                     "  ^^^^^^"},
    {"frobnicate(1)", "name: no function 'frobnicate'\n"
                      "  frobnicate(1)\n"
                      "  ^^^^^^^^^^\n"
                      "Functions are: is_na, is_nan, coalesce, if_else, case, cut, between, abs, "
                      "sqrt, exp, log, log2, ... (50 more)"},
    {"$worst > 3", "name: no value '$worst'\n"
                   "  $worst > 3\n"
                   "  ^^^^^^\n"
                   "Pass it with the call:  { with = { worst = ... } }"},
    {"`Tumour size` > 3", "name: no column 'Tumour size'\n"
                          "  `Tumour size` > 3\n"
                          "  ^^^^^^^^^^^^^\n"
                          "Columns are: age, two, big, bili, Tumour size (mm), treatment, grade, "
                          "planned, site, ecog, progressed, p, ... (4 more)"},
};

static void test_names(void **state)
{
  (void)state;
  FX_CHECK_ALL(NAMES);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_habits),
      LB_TEST(test_syntax),
      LB_TEST(test_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
