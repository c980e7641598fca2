/* habits.c - tables of foreign spellings. */
#include "expr/habits.h"
#include <string.h>

/* Longer signs stand before those that they begin with. */
static const lb_habit SIGNS[] = {
    {"!=", "~=", NULL},
    {"<>", "~=", NULL},
    {"!", "not", NULL},
    {"&&", "and", NULL},
    {"&", "and", NULL},
    {"||", "or", NULL},
    {"|", "or", NULL},
    {"**", "^", NULL},
    {"%in%", "in", "A list stands in braces:  treatment in {'TAE', 'SIRT'}"},
    {"%%", "%", NULL},
    {"%/%", "//", NULL},
    {"=<", "<=", NULL},
    {"=>", ">=", NULL},
    {"\xE2\x89\xA0", "~=", NULL}, /* the signs of mathematics */
    {"\xE2\x89\xA4", "<=", NULL},
    {"\xE2\x89\xA5", ">=", NULL},
    {"\xE2\x88\x92", "-", NULL},
    {"\xC3\x97", "*", NULL},
    {"\xC3\xB7", "/", NULL},
    {"\xE2\x80\x98", "'", "A word processor changed the quotes; type them again."},
    {"\xE2\x80\x99", "'", "A word processor changed the quotes; type them again."},
    {"\xE2\x80\x9A", "'", "A word processor changed the quotes; type them again."},
    {"\xE2\x80\x9C", "'", "A word processor changed the quotes; type them again."},
    {"\xE2\x80\x9D", "'", "A word processor changed the quotes; type them again."},
    {"\xE2\x80\x9E", "'", "A word processor changed the quotes; type them again."},
};

static const lb_habit WORDS[] = {
    {"nil", "is_na(x)", NULL},  {"NULL", "is_na(x)", NULL},  {"null", "is_na(x)", NULL},
    {"None", "is_na(x)", NULL}, {"nan", "is_nan(x)", NULL},  {"NaN", "is_nan(x)", NULL},
    {"NAN", "is_na(x)", NULL},  {"na", "is_na(x)", NULL},    {"NA_character_", "NA", NULL},
    {"NA_real_", "NA", NULL},   {"NA_integer_", "NA", NULL}, {"TRUE", "true", NULL},
    {"FALSE", "false", NULL},   {"True", "true", NULL},      {"False", "false", NULL},
    {"T", "true", NULL},        {"F", "false", NULL},        {"Inf", "1/0", NULL},
    {"inf", "1/0", NULL},       {"AND", "and", NULL},        {"OR", "or", NULL},
    {"NOT", "not", NULL},       {"IN", "in", NULL},
};

static const lb_habit FUNCTIONS[] = {
    {"ifelse", "if_else", NULL},
    {"iif", "if_else", NULL},
    {"case_when", "case", NULL},
    {"is.na", "is_na", NULL},
    {"isna", "is_na", NULL},
    {"isnull", "is_na", NULL},
    {"is_null", "is_na", NULL},
    {"missing", "is_na", NULL},
    {"is.nan", "is_nan", NULL},
    {"isnan", "is_nan", NULL},
    {"as.numeric", "real", NULL},
    {"as.double", "real", NULL},
    {"as.integer", "integer", NULL},
    {"as.character", "text", NULL},
    {"as.factor", "factor", NULL},
    {"as.Date", "date", NULL},
    {"float", "real", NULL},
    {"int", "integer", NULL},
    {"str", "text", NULL},
    {"nchar", "length", NULL},
    {"len", "length", NULL},
    {"tolower", "lower", NULL},
    {"toupper", "upper", NULL},
    {"trimws", "trim", NULL},
    {"ceiling", "ceil", NULL},
    {"startsWith", "starts_with", NULL},
    {"endsWith", "ends_with", NULL},
    {"startswith", "starts_with", NULL},
    {"endswith", "ends_with", NULL},
    {"grepl", "contains", "The text comes first:  contains(site, 'liver')"},
    {"c", "{}", "A list stands in braces:  treatment in {'TAE', 'SIRT'}"},
    {"avg", "mean", NULL},
    {"std", "sd", NULL},
    {"stddev", "sd", NULL},
    {"ln", "log", NULL},
    {"paste", "..", "Text is joined by an operator:  a .. ' ' .. b"},
    {"paste0", "..", "Text is joined by an operator:  a .. b"},
};

const lb_habit *lb_habit_sign(const char *text, size_t length)
{
  for (size_t i = 0; length > 0 && i < sizeof SIGNS / sizeof *SIGNS; i++) {
    if (text[0] != SIGNS[i].found[0]) continue; /* nearly always: asked at every sign */
    size_t n = strlen(SIGNS[i].found);
    if (n <= length && memcmp(text, SIGNS[i].found, n) == 0) return &SIGNS[i];
  }
  return NULL;
}

static const lb_habit *find(const lb_habit *table, size_t n, const char *name)
{
  for (size_t i = 0; i < n; i++)
    if (strcmp(table[i].found, name) == 0) return &table[i];
  return NULL;
}

const lb_habit *lb_habit_word(const char *name)
{
  return find(WORDS, sizeof WORDS / sizeof *WORDS, name);
}

const lb_habit *lb_habit_function(const char *name)
{
  return find(FUNCTIONS, sizeof FUNCTIONS / sizeof *FUNCTIONS, name);
}

bool lb_habit_blank(const char *text, size_t length, size_t *bytes)
{
  static const char *const BLANKS[] = {"\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89", "\xEF\xBB\xBF"};
  for (size_t i = 0; i < sizeof BLANKS / sizeof *BLANKS; i++) {
    *bytes = strlen(BLANKS[i]);
    if (*bytes <= length && memcmp(text, BLANKS[i], *bytes) == 0) return true;
  }
  return false;
}
