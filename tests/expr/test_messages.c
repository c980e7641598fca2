/* test_messages.c - every error says what was found, shows where, and ends with the mend. */
#include "expr/fixture.h"

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
    {"bili == nan", "parse: 'nan' is written 'is_na(x)' in Lobule\n"
                    "  bili == nan\n"
                    "          ^^^\n"
                    "Nothing equals a missing value; ask for it:  is_na(x)  or  not is_na(x)"},
    {"bili == NaN", "parse: 'NaN' is written 'is_na(x)' in Lobule\n"
                    "  bili == NaN\n"
                    "          ^^^\n"
                    "Nothing equals a missing value; ask for it:  is_na(x)  or  not is_na(x)"},
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
    {"~p", "parse: '~' has no meaning here\n"
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
    {"n > 3", "name: no column 'n' (did you mean 'p'?)\n"
              "  n > 3\n"
              "  ^\n"
              "The function is called with parentheses:  n()"},
    {"lenght(site)", "name: no function 'lenght' (did you mean 'length'?)\n"
                     "  lenght(site)\n"
                     "  ^^^^^^"},
    {"frobnicate(1)", "name: no function 'frobnicate'\n"
                      "  frobnicate(1)\n"
                      "  ^^^^^^^^^^\n"
                      "Functions are: is_na, is_nan, coalesce, if_else, case, cut, between, abs, "
                      "sqrt, exp, log, log2, ... (40 more)"},
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
    {"seen + 1", "type: 'seen' is a datetime, but adding days wants a date\n"
                 "  seen + 1\n"
                 "  ^^^^\n"
                 "Take its day:  date(seen)"},
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
  const struct CMUnitTest tests[] = {
      LB_TEST(test_habits),
      LB_TEST(test_syntax),
      LB_TEST(test_names),
      LB_TEST(test_types),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
