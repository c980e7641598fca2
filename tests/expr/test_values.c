/* test_values.c - the value of every operator and function on a small frame.
 * Values are recorded. Constant expressions agree with Lua 5.4; logic, dates, cut and summaries
 * with R 4.2; on purpose not where integers become real instead of wrapping, and where an integer
 * divided by 0 is NA. Text, membership and choice were read through by hand only. */
#include "fixture.h"

static const fx_case PRECEDENCE[] = {
    {"1 + 2 * 3", "integer 7 7 7 7 7 7"},
    {"(1 + 2) * 3", "integer 9 9 9 9 9 9"},
    {"-2 ^ 2", "real -4 -4 -4 -4 -4 -4"},
    {"2 ^ 3 ^ 2", "real 512 512 512 512 512 512"},
    {"2 ^ -1", "real 0.5 0.5 0.5 0.5 0.5 0.5"},
    {"2 ^ -3 ^ 1", "real 0.125 0.125 0.125 0.125 0.125 0.125"},
    {"-2 * -3", "integer 6 6 6 6 6 6"},
    {"7 // 2 * 2", "integer 6 6 6 6 6 6"},
    {"7 % 4 // 2", "integer 1 1 1 1 1 1"},
    {"7 - 2 - 1", "integer 4 4 4 4 4 4"},
    {"8 / 4 / 2", "real 1 1 1 1 1 1"},
    {"1 .. 2 .. 3", "text '123' '123' '123' '123' '123' '123'"},
    {"1 + 2 .. 3", "text '33' '33' '33' '33' '33' '33'"},
    {"1 .. 2 == '12'", "logical T T T T T T"},
    {"not p and q", "logical F F F NA NA F"},
    {"not (p and q)", "logical F NA T T NA T"},
    {"p or q and false", "logical T T F F NA NA"},
    {"(p or q) and false", "logical F F F F F F"},
    {"1 < 2 == true", "logical T T T T T T"},
    {"not not p", "logical T T F F NA NA"},
    {"- - 3", "integer 3 3 3 3 3 3"},
    {"1 + 1 in {2}", "logical T T T T T T"},
    {"age + 1 between 55 and 56 + 9 and true", "logical T F NA T F F"},
    {"age not between 18 and 64", "logical F T NA F F T"},
    {"two not in {1, 2, 3}", "logical F T T F T F"},
    {"true or false and false", "logical T T T T T T"},
    {"'a' < 'b' and 'b' < 'c'", "logical T T T T T T"},
};

static void test_precedence(void **state)
{
  (void)state;
  FX_CHECK_ALL(PRECEDENCE);
}

static const fx_case LITERALS[] = {
    {"3", "integer 3 3 3 3 3 3"},
    {"3.", "real 3 3 3 3 3 3"},
    {"0.5", "real 0.5 0.5 0.5 0.5 0.5 0.5"},
    {".5", "real 0.5 0.5 0.5 0.5 0.5 0.5"},
    {"3.0e-2", "real 0.03 0.03 0.03 0.03 0.03 0.03"},
    {"1e3", "real 1000 1000 1000 1000 1000 1000"},
    {"1E+2", "real 100 100 100 100 100 100"},
    {"0x1F", "integer 31 31 31 31 31 31"},
    {"0xffffffffffffffff",
     "real 1.8446744073709552e+19 1.8446744073709552e+19 1.8446744073709552e+19 "
     "1.8446744073709552e+19 1.8446744073709552e+19 1.8446744073709552e+19"},
    {"9223372036854775807", "integer 9223372036854775807 9223372036854775807 9223372036854775807 "
                            "9223372036854775807 9223372036854775807 9223372036854775807"},
    {"9223372036854775808",
     "real 9.223372036854776e+18 9.223372036854776e+18 9.223372036854776e+18 9.223372036854776e+18 "
     "9.223372036854776e+18 9.223372036854776e+18"},
    {"true", "logical T T T T T T"},
    {"false", "logical F F F F F F"},
    {"NA", "logical NA NA NA NA NA NA"},
    {"'it\\'s'", "text 'it's' 'it's' 'it's' 'it's' 'it's' 'it's'"},
    {"\"it's\"", "text 'it's' 'it's' 'it's' 'it's' 'it's' 'it's'"},
    {"'\\65\\x42\\u{43}\\u{E9}\\u{20AC}\\u{1F600}'",
     "text 'ABCé€😀' 'ABCé€😀' 'ABCé€😀' 'ABCé€😀' 'ABCé€😀' 'ABCé€😀'"},
    {"'a\\\\b\\z   c'", "text 'a\\bc' 'a\\bc' 'a\\bc' 'a\\bc' 'a\\bc' 'a\\bc'"},
    {"[[a'\"b]]", "text 'a'\"b' 'a'\"b' 'a'\"b' 'a'\"b' 'a'\"b' 'a'\"b'"},
    {"[==[a]]b]==]", "text 'a]]b' 'a]]b' 'a]]b' 'a]]b' 'a]]b' 'a]]b'"},
    {"`age` + 0", "integer 64 71 NA 55 18 80"},
    {"`Tumour size (mm)`", "real 10 20 30 40 50 60"},
    {"age	+\n"
     "1",
     "integer 65 72 NA 56 19 81"},
    {"age + 1", "integer 65 72 NA 56 19 81"},
    {"'\\t' == '\\9'", "logical T T T T T T"},
};

static void test_literals(void **state)
{
  (void)state;
  FX_CHECK_ALL(LITERALS);
}

static const fx_case ARITHMETIC[] = {
    {"two + 1", "integer 3 -1 1 4 1 2"},
    {"two - 0.5", "real 1.5 -2.5 -0.5 2.5 -0.5 0.5"},
    {"two * two", "integer 4 4 0 9 0 1"},
    {"two / 0", "real Inf -Inf NaN Inf NaN Inf"},
    {"-two", "integer -2 2 0 -3 0 -1"},
    {"7 // two", "integer 3 -4 NA 2 NA 7"},
    {"7 % two", "integer 1 -1 NA 1 NA 0"},
    {"-7 // 2", "integer -4 -4 -4 -4 -4 -4"},
    {"-7 % 3", "integer 2 2 2 2 2 2"},
    {"7 % -3", "integer -2 -2 -2 -2 -2 -2"},
    {"-7.5 // 2", "real -4 -4 -4 -4 -4 -4"},
    {"-7.5 % 2", "real 0.5 0.5 0.5 0.5 0.5 0.5"},
    {"5.5 % -2", "real -0.5 -0.5 -0.5 -0.5 -0.5 -0.5"},
    {"7.0 // 0", "real Inf Inf Inf Inf Inf Inf"},
    {"7.0 % 0", "real NaN NaN NaN NaN NaN NaN"},
    {"0.0 / 0", "real NaN NaN NaN NaN NaN NaN"},
    {"age / 2", "real 32 35.5 NA 27.5 9 40"},
    {"age ^ 2", "real 4096 5041 NA 3025 324 6400"},
    {"2 ^ 0.5", "real 1.4142135623730951 1.4142135623730951 1.4142135623730951 1.4142135623730951 "
                "1.4142135623730951 1.4142135623730951"},
    {"bili + 1", "real 2.5 NaN 1.25 NA 4 -1"},
    {"abs(two)", "integer 2 2 0 3 0 1"},
    {"abs(bili)", "real 1.5 NaN 0.25 NA 3 2"},
    {"sqrt(4)", "real 2 2 2 2 2 2"},
    {"sqrt(-1)", "real NaN NaN NaN NaN NaN NaN"},
    {"exp(0)", "real 1 1 1 1 1 1"},
    {"log(0)", "real -Inf -Inf -Inf -Inf -Inf -Inf"},
    {"log(-1)", "real NaN NaN NaN NaN NaN NaN"},
    {"log2(8)", "real 3 3 3 3 3 3"},
    {"log10(1000)", "real 3 3 3 3 3 3"},
    {"floor(-1.5)", "real -2 -2 -2 -2 -2 -2"},
    {"ceil(-1.5)", "real -1 -1 -1 -1 -1 -1"},
    {"floor(two)", "integer 2 -2 0 3 0 1"},
    {"round(2.5)", "real 3 3 3 3 3 3"},
    {"round(-2.5)", "real -3 -3 -3 -3 -3 -3"},
    {"round(0.125, 2)", "real 0.13 0.13 0.13 0.13 0.13 0.13"},
    {"round(1234.5, -2)", "real 1200 1200 1200 1200 1200 1200"},
    {"round(1.005, 2)", "real 1 1 1 1 1 1"},
    {"round(two, 2)", "integer 2 -2 0 3 0 1"},
    {"round(bili, 1)", "real 1.5 NaN 0.3 NA 3 -2"},
    {"round(age, -1)", "real 60 70 NA 60 20 80"},
    {"pmin(two, 1)", "integer 1 -2 0 1 0 1"},
    {"pmax(two, bili)", "real 2 NaN 0.25 NA 3 1"},
    {"pmin(age, two, 5)", "integer 2 -2 NA 3 0 1"},
    {"integer(-2.9)", "integer -2 -2 -2 -2 -2 -2"},
    {"integer(1e19)", "integer NA NA NA NA NA NA"},
    {"integer(p)", "integer 1 1 0 0 NA NA"},
    {"integer(ecog)", "integer 0 1 NA NA 2 NA"},
    {"real(ecog)", "real 0 1 NA NA 2 NA"},
    {"real(two)", "real 2 -2 0 3 0 1"},
    {"integer('2.0')", "integer 2 2 2 2 2 2"},
    {"integer(big)", "integer 9223372036854775807 1 NA -9223372036854775808 3 4"},
    {"is_nan(bili)", "logical F T F NA F F"},
};

static void test_arithmetic(void **state)
{
  (void)state;
  FX_CHECK_ALL(ARITHMETIC);
}

static const fx_case OVERFLOW[] = {
    {"big + 1", "real 9.223372036854776e+18 2 NA -9.223372036854776e+18 4 5"},
    {"big - 2", "real 9.223372036854776e+18 -1 NA -9.223372036854776e+18 1 2"},
    {"big * 2", "real 1.8446744073709552e+19 2 NA -1.8446744073709552e+19 6 8"},
    {"-big", "real -9.223372036854776e+18 -1 NA 9.223372036854776e+18 -3 -4"},
    {"abs(big)", "real 9.223372036854776e+18 1 NA 9.223372036854776e+18 3 4"},
    {"big // -1", "real -9.223372036854776e+18 -1 NA 9.223372036854776e+18 -3 -4"},
    {"big % -1", "integer 0 0 NA 0 0 0"},
    {"9223372036854775807 + 1",
     "real 9.223372036854776e+18 9.223372036854776e+18 9.223372036854776e+18 9.223372036854776e+18 "
     "9.223372036854776e+18 9.223372036854776e+18"},
    {"(big + 1) * 2 + age", "real 1.8446744073709552e+19 75 NA -1.8446744073709552e+19 26 90"},
    {"big + 0", "integer 9223372036854775807 1 NA -9223372036854775808 3 4"},
    {"start + big * 2", "date NA 2020-03-02 NA NA 2021-06-21 2020-02-08"},
    {"integer(big * 2)", "integer NA 2 NA NA 6 8"},
};

static void test_overflow(void **state)
{
  (void)state;
  FX_CHECK_ALL(OVERFLOW);
}

static const fx_case COMPARISON[] = {
    {"age > 60", "logical T T NA F F T"},
    {"age >= 64.0", "logical T T NA F F T"},
    {"age == bili", "logical F F NA NA F F"},
    {"bili == bili", "logical T F T NA T T"},
    {"bili ~= bili", "logical F T F NA F F"},
    {"bili < 1", "logical F F T NA F T"},
    {"treatment == 'TAE'", "logical T F F T F NA"},
    {"'TAE' == treatment", "logical T F F T F NA"},
    {"treatment ~= 'TAE'", "logical F T T F T NA"},
    {"treatment == 'XXX'", "logical F F F F F NA"},
    {"treatment ~= 'XXX'", "logical T T T T T NA"},
    {"treatment == planned", "logical T F T T F NA"},
    {"grade < 'G2'", "logical T F F T NA F"},
    {"'G2' <= grade", "logical F T T F NA T"},
    {"grade > 'G1'", "logical F T T F NA T"},
    {"grade == grade", "logical T T T T NA T"},
    {"site == 'liver'", "logical T F NA F F F"},
    {"site < 'c'", "logical F T NA T F T"},
    {"site == ecog", "logical F F NA NA F F"},
    {"treatment == site", "logical F F NA F F NA"},
    {"p == q", "logical T NA T NA NA NA"},
    {"p ~= q", "logical F NA F NA NA NA"},
    {"p == true", "logical T T F F NA NA"},
    {"start < '2020-01-31'", "logical T F T NA F F"},
    {"start == '2020-02-29'", "logical F T F NA F F"},
    {"start <= end_date", "logical T T NA NA T F"},
    {"seen >= '2020-02-29'", "logical F T F NA T F"},
    {"seen > '2020-01-31 12:00:00'", "logical F T F NA T F"},
    {"seen > start", "logical T T T NA T T"},
    {"age == NA", "logical NA NA NA NA NA NA"},
    {"NA ~= NA", "logical NA NA NA NA NA NA"},
};

static void test_comparison(void **state)
{
  (void)state;
  FX_CHECK_ALL(COMPARISON);
}

static const fx_case MEMBERSHIP[] = {
    {"age in {64, 18}", "logical T F NA F T F"},
    {"age not in {64, 18}", "logical F T NA T F T"},
    {"age in {64, NA}", "logical T NA NA NA NA NA"},
    {"age in {}", "logical F F NA F F F"},
    {"age in {64.0, 18.5}", "logical T F NA F F F"},
    {"bili in {1.5, 0.25}", "logical T F T NA F F"},
    {"treatment in {'TAE', 'SIRT'}", "logical T F T T T NA"},
    {"treatment not in {'TAE'}", "logical F T T F T NA"},
    {"treatment in {'XXX'}", "logical F F F F F NA"},
    {"site in {'liver', 'bone'}", "logical T F NA F F T"},
    {"site in {'x', NA}", "logical NA NA NA NA NA NA"},
    {"start in {'2020-01-01', '2021-06-15'}", "logical T F F NA T F"},
    {"seen in {'2020-01-31 12:00:00'}", "logical F F F NA F T"},
    {"p in {true}", "logical T T F F NA NA"},
    {"between(age, 18, 64)", "logical T F NA T T F"},
    {"age between 18 and 64", "logical T F NA T T F"},
    {"bili between 0 and 1.5", "logical T F T NA F F"},
    {"start between '2020-01-01' and '2020-01-31'", "logical T F F NA F T"},
    {"grade between 'G1' and 'G2'", "logical T T F T NA F"},
    {"age in {60 + 4, -1}", "logical T F NA F F F"},
};

static void test_membership(void **state)
{
  (void)state;
  FX_CHECK_ALL(MEMBERSHIP);
}

static const fx_case MISSING[] = {
    {"is_na(age)", "logical F F T F F F"},
    {"is_na(bili)", "logical F F F T F F"},
    {"is_na(site)", "logical F F T F F F"},
    {"is_na(NA)", "logical T T T T T T"},
    {"not is_na(treatment)", "logical T T T T T F"},
    {"coalesce(age, 0)", "integer 64 71 0 55 18 80"},
    {"coalesce(age, bili)", "real 64 71 0.25 55 18 80"},
    {"coalesce(NA, age, 1)", "integer 64 71 1 55 18 80"},
    {"coalesce(treatment, 'none')", "text 'TAE' 'TACE' 'SIRT' 'TAE' 'SIRT' 'none'"},
    {"coalesce(treatment, planned)", "text 'TAE' 'TACE' 'SIRT' 'TAE' 'SIRT' 'SIRT'"},
    {"coalesce(grade, grade)", "factor ordered 'G1' 'G2' 'G3' 'G1' NA 'G3'"},
    {"coalesce(start, end_date)",
     "date 2020-01-01 2020-02-29 2019-12-31 2020-05-05 2021-06-15 2020-01-31"},
    {"coalesce(start, seen)", "datetime 2020-01-01T00:00:00Z 2020-02-29T00:00:00Z "
                              "2019-12-31T00:00:00Z NA 2021-06-15T00:00:00Z 2020-01-31T00:00:00Z"},
    {"NA + 1", "integer NA NA NA NA NA NA"},
    {"NA .. 'x'", "text NA NA NA NA NA NA"},
    {"NA and false", "logical F F F F F F"},
    {"NA or true", "logical T T T T T T"},
    {"not NA", "logical NA NA NA NA NA NA"},
    {"age + NA", "integer NA NA NA NA NA NA"},
};

static void test_missing(void **state)
{
  (void)state;
  FX_CHECK_ALL(MISSING);
}

static const fx_case CHOICE[] = {
    {"if_else(p, 1, 2)", "integer 1 1 2 2 NA NA"},
    {"if_else(p, 1, 2.5)", "real 1 1 2.5 2.5 NA NA"},
    {"if_else(p, age, NA)", "integer 64 71 NA NA NA NA"},
    {"if_else(p, treatment, 'x')", "text 'TAE' 'TACE' 'x' 'x' NA NA"},
    {"if_else(p, treatment, treatment)", "factor 'TAE' 'TACE' 'SIRT' 'TAE' NA NA"},
    {"if_else(p, start, end_date)", "date 2020-01-01 2020-02-29 NA 2020-05-05 NA NA"},
    {"if_else(true, 'a', 'b')", "text 'a' 'a' 'a' 'a' 'a' 'a'"},
    {"case(age > 60, 'old', age > 20, 'mid', 'young')", "text 'old' 'old' NA 'mid' 'young' 'old'"},
    {"case(age > 60, 'old', age > 20, 'mid')", "text 'old' 'old' NA 'mid' NA 'old'"},
    {"case(is_na(age), 'unknown', age > 60, 'old', 'young')",
     "text 'old' 'old' 'unknown' 'young' 'young' 'old'"},
    {"case(age > 60, 1, age > 20, 2.5, NA)", "real 1 1 NA 2.5 NA 1"},
    {"cut(age, {55, 71})",
     "factor ordered '55 to <71' '71 or more' NA '55 to <71' '<55' '71 or more'"},
    {"cut(bili, {0, 1.5}, {'a', 'b', 'c'})", "factor ordered 'c' NA 'b' NA 'c' 'a'"},
    {"cut(two, {0.5})",
     "factor ordered '0.5 or more' '<0.5' '<0.5' '0.5 or more' '<0.5' '0.5 or more'"},
    {"factor(site)", "factor 'liver' 'Lung ' NA 'Größe' 'liver, left' 'bone'"},
    {"factor(two)", "factor '2' '-2' '0' '3' '0' '1'"},
    {"factor(site, {'liver', 'bone'})", "factor 'liver' NA NA NA NA 'bone'"},
    {"factor(treatment)", "factor 'TAE' 'TACE' 'SIRT' 'TAE' 'SIRT' NA"},
    {"factor(two, {0, 2})", "factor '2' NA '0' NA '0' NA"},
    {"factor(planned, {'TAE', 'SIRT'}) == 'SIRT'", "logical F T T F F T"},
};

static void test_choice(void **state)
{
  (void)state;
  FX_CHECK_ALL(CHOICE);
}

static const fx_case TEXT[] = {
    {"site .. '!'", "text 'liver!' 'Lung !' NA 'Größe!' 'liver, left!' 'bone!'"},
    {"two .. ''", "text '2' '-2' '0' '3' '0' '1'"},
    {"bili .. ''", "text '1.5' 'NaN' '0.25' NA '3' '-2'"},
    {"start .. ''", "text '2020-01-01' '2020-02-29' '2019-12-31' NA '2021-06-15' '2020-01-31'"},
    {"p .. ''", "text 'true' 'true' 'false' 'false' NA NA"},
    {"treatment .. ecog", "text 'TAE0' 'TACE1' 'SIRTunk' NA 'SIRT2' NA"},
    {"text(two)", "text '2' '-2' '0' '3' '0' '1'"},
    {"text(big)", "text '9223372036854775807' '1' NA '-9223372036854775808' '3' '4'"},
    {"text(0.1)", "text '0.1' '0.1' '0.1' '0.1' '0.1' '0.1'"},
    {"text(seen)", "text '2020-01-01T12:00:00Z' '2020-02-29T12:00:00Z' '2019-12-31T12:00:00Z' NA "
                   "'2021-06-15T12:00:00Z' '2020-01-31T12:00:00Z'"},
    {"text(grade)", "text 'G1' 'G2' 'G3' 'G1' NA 'G3'"},
    {"lower(site)", "text 'liver' 'lung ' NA 'größe' 'liver, left' 'bone'"},
    {"upper(site)", "text 'LIVER' 'LUNG ' NA 'GRÖßE' 'LIVER, LEFT' 'BONE'"},
    {"lower('ÀÖŸŁŽΩЖЁ')", "text 'àöÿłžωжё' 'àöÿłžωжё' 'àöÿłžωжё' 'àöÿłžωжё' 'àöÿłžωжё' 'àöÿłžωжё'"},
    {"upper('àöÿłžωжё')", "text 'ÀÖŸŁŽΩЖЁ' 'ÀÖŸŁŽΩЖЁ' 'ÀÖŸŁŽΩЖЁ' 'ÀÖŸŁŽΩЖЁ' 'ÀÖŸŁŽΩЖЁ' 'ÀÖŸŁŽΩЖЁ'"},
    {"trim(site)", "text 'liver' 'Lung' NA 'Größe' 'liver, left' 'bone'"},
    {"trim('\\194\\160 a \\t')", "text 'a' 'a' 'a' 'a' 'a' 'a'"},
    {"length(site)", "integer 5 5 NA 5 11 4"},
    {"length('')", "integer 0 0 0 0 0 0"},
    {"contains(site, 'iv')", "logical T F NA F T F"},
    {"contains(site, '')", "logical T T NA T T T"},
    {"starts_with(site, 'liver')", "logical T F NA F T F"},
    {"ends_with(site, 'liver')", "logical T F NA F F F"},
    {"contains(treatment, 'TA')", "logical T T F T F NA"},
    {"lower(NA)", "text NA NA NA NA NA NA"},
};

static void test_text(void **state)
{
  (void)state;
  FX_CHECK_ALL(TEXT);
}

static const fx_case DATES[] = {
    {"end_date - start", "integer 365 1 NA NA 0 -365"},
    {"seen - start", "real 0.5 0.5 0.5 NA 0.5 0.5"},
    {"start - '2020-01-01'", "integer 0 59 -1 NA 531 30"},
    {"start + 30", "date 2020-01-31 2020-03-30 2020-01-30 NA 2021-07-15 2020-03-01"},
    {"30 + start", "date 2020-01-31 2020-03-30 2020-01-30 NA 2021-07-15 2020-03-01"},
    {"start - two", "date 2019-12-30 2020-03-02 2019-12-31 NA 2021-06-15 2020-01-30"},
    {"start + 10000000", "date NA NA NA NA NA NA"},
    {"days(start, end_date)", "integer 365 1 NA NA 0 -365"},
    {"days(start, seen)", "real 0.5 0.5 0.5 NA 0.5 0.5"},
    {"days('2020-01-01', start)", "integer 0 59 -1 NA 531 30"},
    {"months(start, end_date)",
     "real 11.991786447638603 0.03285420944558522 NA NA 0 -11.991786447638603"},
    {"years('2020-01-01', '2021-01-01')",
     "real 1.002053388090349 1.002053388090349 1.002053388090349 1.002053388090349 "
     "1.002053388090349 1.002053388090349"},
    {"date(2020, two, 1)", "date 2020-02-01 NA NA 2020-03-01 NA 2020-01-01"},
    {"date(2023, 2, 29)", "date NA NA NA NA NA NA"},
    {"date('2020-02-29')",
     "date 2020-02-29 2020-02-29 2020-02-29 2020-02-29 2020-02-29 2020-02-29"},
    {"date(ecog)", "date NA NA NA NA NA NA"},
    {"date(seen)", "date 2020-01-01 2020-02-29 2019-12-31 NA 2021-06-15 2020-01-31"},
    {"date(start)", "date 2020-01-01 2020-02-29 2019-12-31 NA 2021-06-15 2020-01-31"},
    {"year(start)", "integer 2020 2020 2019 NA 2021 2020"},
    {"month(start)", "integer 1 2 12 NA 6 1"},
    {"day(start)", "integer 1 29 31 NA 15 31"},
    {"year(seen)", "integer 2020 2020 2019 NA 2021 2020"},
    {"pmax(start, end_date)", "date 2020-12-31 2020-03-01 NA NA 2021-06-15 2020-01-31"},
    {"day('2020-02-29') + 1", "integer 30 30 30 30 30 30"},
};

/* seen is noon (UTC) of start. */
static const fx_case DATETIMES[] = {
    {"seen - seen", "real 0 0 0 NA 0 0"},
    {"seen - '2020-01-01 11:59:58.5'", "real 1.5 5097601.5 -86398.5 NA 45878401.5 2592001.5"},
    {"'2020-01-01T13:00:00+01:00' - seen", "real 0 -5097600 86400 NA -45878400 -2592000"},
    {"seen + two", "datetime 2020-01-01T12:00:02Z 2020-02-29T11:59:58Z 2019-12-31T12:00:00Z NA "
                   "2021-06-15T12:00:00Z 2020-01-31T12:00:01Z"},
    {"0.25 + seen - two + two == seen + 0.25", "logical T T T NA T T"},
    {"seen - 43200.5",
     "datetime 2019-12-31T23:59:59.5Z 2020-02-28T23:59:59.5Z 2019-12-30T23:59:59.5Z NA "
     "2021-06-14T23:59:59.5Z 2020-01-30T23:59:59.5Z"},
    {"seen + 1e12", "datetime NA NA NA NA NA NA"},
    {"seen - 1e11", "datetime NA NA NA NA NA NA"},
    {"seen + 0/0", "datetime NA NA NA NA NA NA"},
    {"seen + NA", "datetime NA NA NA NA NA NA"},
    {"hours(start, seen)", "real 12 12 12 NA 12 12"},
    {"hours(start, end_date)", "real 8760 24 NA NA 0 -8760"},
    {"minutes('2020-01-01 11:30', seen)", "real 30 84990 -1410 NA 764670 43230"},
    {"days('2020-01-01 06:00', seen)", "real 0.25 59.25 -0.75 NA 531.25 30.25"},
    {"hour(seen)", "integer 12 12 12 NA 12 12"},
    {"minute(seen + 3599)", "integer 59 59 59 NA 59 59"},
    {"hour('1969-12-31 23:58:59.25')", "integer 23 23 23 23 23 23"},
    {"minute('1969-12-31 23:58:59.25')", "integer 58 58 58 58 58 58"},
    {"second('1969-12-31 23:58:59.25')", "real 59.25 59.25 59.25 59.25 59.25 59.25"},
    {"second(NA)", "real NA NA NA NA NA NA"},
    {"date(seen + 43200) - start", "integer 1 1 1 NA 1 1"},
    {"seen between '2020-01-01 12:00' and '2020-01-31T12:00:00Z'", "logical T F F NA F T"},
    {"seen == '2020-01-01 12:00:00'", "logical T F F NA F F"},
};

static void test_datetimes(void **state)
{
  (void)state;
  FX_CHECK_ALL(DATETIMES);
}

static void test_dates(void **state)
{
  (void)state;
  FX_CHECK_ALL(DATES);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_precedence), LB_TEST(test_literals),   LB_TEST(test_arithmetic),
      LB_TEST(test_overflow),   LB_TEST(test_comparison), LB_TEST(test_membership),
      LB_TEST(test_missing),    LB_TEST(test_choice),     LB_TEST(test_text),
      LB_TEST(test_dates),      LB_TEST(test_datetimes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
