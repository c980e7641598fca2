/* readstat_column.c - what a variable of SAS, SPSS or Stata becomes: numbers, dates, factors. */
#include "io/readstat_column.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/csv_column.h"

#define FACTOR_LEVELS    64 /* as for csv */
#define FACTOR_ROWS      3
#define LARGEST_EXACT    9007199254740992.0
#define DAY_MICROSECONDS 86400000000LL
#define MESSAGE          512

void lb_stat_variable_reset(lb_stat_variable *v)
{
  lb_mem_free(v->name);
  lb_mem_free(v->label);
  lb_mem_free(v->set);
  lb_mem_free(v->number);
  lb_text_builder_reset(&v->text);
  *v = (lb_stat_variable){0};
}

void lb_stat_labels_reset(lb_stat_labels *labels)
{
  for (size_t i = 0; i < labels->n; i++) {
    lb_mem_free(labels->item[i].set);
    lb_mem_free(labels->item[i].text_code);
    lb_mem_free(labels->item[i].label);
  }
  lb_mem_free(labels->item);
  *labels = (lb_stat_labels){0};
}

typedef struct conversion {
  lb_stat_variable *v;
  const lb_stat_labels *labels;
  lb_stat_format format;
  lb_problems *problems;
  const lb_stat_value_label **level; /* the value labels of the variable, by code */
  size_t n_levels;
} conversion;

static lb_status report(conversion *c, const char *message, lb_error *err)
{
  return lb_problems_add(c->problems, 0, 0, c->v->name, message) ? LB_OK
                                                                 : lb_error_nomem(err, "problems");
}

/* ---- Missing codes ---- */

static const char *label_of(const conversion *c, double code)
{
  for (size_t i = 0; c->v->set != NULL && i < c->labels->n; i++)
    if (c->labels->item[i].text_code == NULL && c->labels->item[i].code == code &&
        strcmp(c->labels->item[i].set, c->v->set) == 0)
      return c->labels->item[i].label;
  return NULL;
}

/* "12 values are missing by codes of the file: 8 'Refused' (4), 9 (8)". The codes are part of the
 * file's dictionary, not of a patient's data. */
static lb_status report_missing(conversion *c, lb_error *err)
{
  const lb_stat_variable *v = c->v;
  lb_str list = {0};
  size_t n = v->n_user_missing, told = 0;
  for (size_t i = 0; i < v->n_codes; i++) {
    char number[LB_REAL_TEXT];
    const char *label = label_of(c, v->code[i]);
    lb_format_real(number, v->code[i]);
    lb_str_addf(&list, "%s%s", told++ == 0 ? "" : ", ", number);
    if (label != NULL) lb_str_addf(&list, " '%.60s'", label);
    lb_str_addf(&list, " (%zu)", v->n_code[i]);
  }
  for (size_t i = 0; i < LB_STAT_TAGS; i++) {
    if (v->n_tagged[i] == 0) continue;
    n += v->n_tagged[i];
    lb_str_addf(&list, "%s.%c (%zu)", told++ == 0 ? "" : ", ", i == 26 ? '_' : (char)('a' + i),
                v->n_tagged[i]);
  }
  lb_str message = {0};
  lb_str_addf(&message, "%zu value%s missing by codes of the file%s%s", n, n == 1 ? " is" : "s are",
              told == 0 ? "" : ": ", told == 0 || list.failed ? "" : list.data);
  lb_status st = LB_OK;
  if (list.failed || message.failed)
    st = lb_error_nomem(err, "problems");
  else if (n > 0)
    st = report(c, message.data, err);
  lb_str_reset(&list);
  lb_str_reset(&message);
  return st;
}

/* ---- Values ---- */

/* A bitmap of the numbers that are there; NULL with *ok when all are. */
static uint8_t *valid_bits(const lb_stat_variable *v, bool *ok)
{
  size_t n_missing = 0;
  uint8_t *valid = lb_bitmap_new(v->n, true);
  *ok = valid != NULL;
  for (size_t i = 0; *ok && i < v->n; i++) {
    if (!isnan(v->number[i])) continue;
    lb_bit_clear(valid, i);
    n_missing++;
  }
  if (n_missing > 0) return valid;
  lb_mem_free(valid);
  return NULL;
}

static lb_status finish(lb_type type, size_t n, void *values, uint8_t *valid, bool ok,
                        lb_column **out, lb_error *err)
{
  if (ok && values != NULL) return lb_column_new(type, n, values, valid, out, err);
  lb_mem_free(values);
  lb_mem_free(valid);
  return lb_error_nomem(err, "column");
}

/* Integers when all are whole, else reals. */
static lb_status number_column(const conversion *c, lb_column **out, lb_error *err)
{
  const lb_stat_variable *v = c->v;
  bool whole = true, ok, any = false;
  for (size_t i = 0; i < v->n && whole; i++) {
    if (isnan(v->number[i])) continue;
    any = true;
    whole = fabs(v->number[i]) <= LARGEST_EXACT && v->number[i] == floor(v->number[i]);
  }
  uint8_t *valid = valid_bits(v, &ok);
  if (!whole || !any) {
    double *values = lb_mem_array(v->n, sizeof *values);
    if (values != NULL && v->n > 0) memcpy(values, v->number, v->n * sizeof *values);
    return finish(LB_REAL, v->n, values, valid, ok, out, err);
  }
  int64_t *values = lb_mem_array(v->n, sizeof *values);
  for (size_t i = 0; values != NULL && i < v->n; i++)
    values[i] = isnan(v->number[i]) ? 0 : (int64_t)v->number[i];
  return finish(LB_INTEGER, v->n, values, valid, ok, out, err);
}

/* Dates; datetimes when the format says so or some date has a time of day. */
static lb_status date_column(conversion *c, lb_column **out, lb_error *err)
{
  lb_stat_variable *v = c->v;
  bool datetime = v->shows == LB_SHOWS_DATETIME, ok = true;
  size_t n_bad = 0;
  int64_t *moment = lb_mem_zero(v->n, sizeof *moment);
  if (moment == NULL) return lb_error_nomem(err, "column");
  for (size_t i = 0; i < v->n; i++) {
    if (isnan(v->number[i])) continue;
    if (lb_stat_microseconds(v->number[i], v->shows, c->format, &moment[i])) {
      datetime = datetime || moment[i] % DAY_MICROSECONDS != 0;
    } else {
      v->number[i] = NAN;
      n_bad++;
    }
  }
  uint8_t *valid = valid_bits(v, &ok);
  lb_status st;
  if (datetime) {
    st = finish(LB_DATETIME, v->n, moment, valid, ok, out, err);
  } else {
    int32_t *days = lb_mem_array(v->n, sizeof *days);
    for (size_t i = 0; days != NULL && i < v->n; i++)
      days[i] = (int32_t)(moment[i] / DAY_MICROSECONDS);
    st = finish(LB_DATE, v->n, days, valid, ok, out, err);
    lb_mem_free(moment);
  }
  char message[MESSAGE];
  snprintf(message, sizeof message, "%zu number%s no date between the years 1 and 9999: missing",
           n_bad, n_bad == 1 ? " is" : "s are");
  return st == LB_OK && n_bad > 0 ? report(c, message, err) : st;
}

/* ---- Factors ---- */

static bool is_user_missing(const lb_stat_variable *v, double code)
{
  for (size_t i = 0; i < v->n_ranges; i++)
    if (code >= v->range[i].low && code <= v->range[i].high) return true;
  return false;
}

static int by_code(const void *a, const void *b)
{
  const lb_stat_value_label *one = *(const lb_stat_value_label *const *)a;
  const lb_stat_value_label *other = *(const lb_stat_value_label *const *)b;
  if (one->text_code != NULL && other->text_code != NULL)
    return strcmp(one->text_code, other->text_code);
  return (one->code > other->code) - (one->code < other->code);
}

/* The labels of the variable's values, sorted; those of missing codes are no levels. */
static lb_status find_levels(conversion *c, lb_error *err)
{
  lb_stat_variable *v = c->v;
  if (v->set == NULL || c->labels->n == 0) return LB_OK;
  c->level = lb_mem_array(c->labels->n, sizeof *c->level);
  if (c->level == NULL) return lb_error_nomem(err, "value labels");
  for (size_t i = 0; i < c->labels->n; i++) {
    const lb_stat_value_label *one = &c->labels->item[i];
    if (strcmp(one->set, v->set) != 0 || (one->text_code != NULL) != v->is_text) continue;
    if (!v->is_text && is_user_missing(v, one->code)) continue;
    c->level[c->n_levels++] = one;
  }
  qsort(c->level, c->n_levels, sizeof *c->level, by_code);
  return LB_OK;
}

static bool find_level(const conversion *c, double code, size_t *level)
{
  size_t low = 0, high = c->n_levels;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (c->level[middle]->code < code)
      low = middle + 1;
    else
      high = middle;
  }
  *level = low;
  return low < c->n_levels && c->level[low]->code == code;
}

/* Every label once, or no factor can be made of them. */
static lb_status level_column(const conversion *c, bool *distinct, lb_column **out, lb_error *err)
{
  lb_map *map = lb_map_new();
  const char **texts = lb_mem_array(c->n_levels, sizeof *texts);
  bool ok = map != NULL && texts != NULL, is_new = true;
  size_t index;
  *distinct = true;
  for (size_t i = 0; ok && i < c->n_levels; i++) {
    texts[i] = c->level[i]->label;
    ok = lb_map_put(map, texts[i], strlen(texts[i]), &index, &is_new);
    *distinct = *distinct && is_new;
  }
  lb_map_free(map);
  lb_status st = ok ? LB_OK : lb_error_nomem(err, "value labels");
  if (st == LB_OK && *distinct) st = lb_column_from_texts(texts, c->n_levels, out, err);
  lb_mem_free(texts);
  return st;
}

/* Codes of a factor by row; *n_without: present values that have no label. */
static bool code_rows(const conversion *c, const lb_column *texts, int32_t *codes, uint8_t *valid,
                      size_t *n_without)
{
  const lb_stat_variable *v = c->v;
  lb_map *map = lb_map_new();
  bool ok = map != NULL, is_new;
  size_t level, length;
  for (size_t i = 0; ok && v->is_text && i < c->n_levels; i++)
    ok = lb_map_put(map, c->level[i]->text_code, strlen(c->level[i]->text_code), &level, &is_new);
  *n_without = 0;
  for (size_t i = 0; ok && i < v->n; i++) {
    bool present = v->is_text ? lb_is_valid(lb_column_valid(texts), i) : !isnan(v->number[i]);
    bool found = false;
    if (!present) {
      lb_bit_clear(valid, i);
      continue;
    }
    if (v->is_text) {
      const char *text = lb_column_text(texts, i, &length);
      found = lb_map_find(map, text, length, &level);
    } else {
      found = find_level(c, v->number[i], &level);
    }
    if (found)
      codes[i] = (int32_t)level;
    else
      ++*n_without;
  }
  lb_map_free(map);
  return ok;
}

/* A factor from value labels; *out stays NULL where they do not make one, and the reason is a
 * problem. texts: the stored texts, NULL for numbers. */
static lb_status labelled_column(conversion *c, const lb_column *texts, lb_column **out,
                                 lb_error *err)
{
  lb_column *levels = NULL;
  bool distinct;
  size_t n = c->v->n, n_without = 0;
  lb_status st = level_column(c, &distinct, &levels, err);
  if (st == LB_OK && !distinct)
    return report(c, "two of its value labels are the same: the codes were kept", err);
  int32_t *codes = lb_mem_zero(n, sizeof *codes);
  uint8_t *valid = lb_bitmap_new(n, true);
  if (st == LB_OK &&
      (codes == NULL || valid == NULL || !code_rows(c, texts, codes, valid, &n_without)))
    st = lb_error_nomem(err, "factor");
  if (st == LB_OK && n_without == 0) {
    st = lb_column_new_factor(n, codes, levels, false, valid, out, err);
  } else {
    lb_mem_free(codes);
    lb_mem_free(valid);
  }
  lb_column_release(levels);
  if (st != LB_OK || n_without == 0) return st;
  char message[MESSAGE];
  snprintf(message, sizeof message, "%zu value%s no label: the codes were kept", n_without,
           n_without == 1 ? " has" : "s have");
  return report(c, message, err);
}

/* Texts that repeat become a factor, as in csv. */
static lb_status text_or_factor(const conversion *c, lb_column *texts, lb_column **out,
                                lb_error *err)
{
  lb_map *map = lb_map_new();
  size_t n = c->v->n, index, length, n_present = n - lb_column_missing(texts);
  bool ok = map != NULL, is_new;
  for (size_t i = 0; ok && i < n && lb_map_size(map) <= FACTOR_LEVELS; i++) {
    if (!lb_is_valid(lb_column_valid(texts), i)) continue;
    const char *text = lb_column_text(texts, i, &length);
    ok = lb_map_put(map, text, length, &index, &is_new);
  }
  size_t distinct = ok ? lb_map_size(map) : 0;
  lb_map_free(map);
  if (!ok) return lb_error_nomem(err, "distinct values");
  bool factor = !c->v->is_id && distinct > 0 && distinct <= FACTOR_LEVELS &&
                n_present >= FACTOR_ROWS * distinct;
  if (factor) return lb_column_to_factor(texts, NULL, 0, false, out, err);
  *out = lb_column_retain(texts);
  return LB_OK;
}

static lb_status text_column(conversion *c, lb_column **out, lb_error *err)
{
  lb_column *texts = NULL;
  lb_status st = lb_text_builder_finish(&c->v->text, &texts, err);
  if (st == LB_OK && c->n_levels > 0) st = labelled_column(c, texts, out, err);
  if (st == LB_OK && *out == NULL) st = text_or_factor(c, texts, out, err);
  lb_column_release(texts);
  return st;
}

static lb_status report_shows(conversion *c, lb_error *err)
{
  static const char *const TEXTS[] = {
      [LB_SHOWS_TIME] = "times were kept as the numbers that the file stores (seconds)",
      [LB_SHOWS_PERIOD] = "weeks, months, quarters or half-years were kept as numbers: periods "
                          "since 1960",
      [LB_SHOWS_LEAP] = "%tC datetimes were kept as numbers: milliseconds since 1960 with leap "
                        "seconds"};
  if (c->v->shows != LB_SHOWS_TIME && c->v->shows != LB_SHOWS_PERIOD &&
      c->v->shows != LB_SHOWS_LEAP)
    return LB_OK;
  return report(c, TEXTS[c->v->shows], err);
}

static lb_status convert(conversion *c, bool codes, lb_column **out, lb_error *err)
{
  lb_stat_variable *v = c->v;
  lb_status st = report_missing(c, err);
  if (st == LB_OK && !codes && !v->is_id) st = find_levels(c, err);
  if (st == LB_OK && v->is_text) return text_column(c, out, err);
  if (st == LB_OK) st = report_shows(c, err);
  if (st == LB_OK && (v->shows == LB_SHOWS_DATE || v->shows == LB_SHOWS_DATETIME))
    return date_column(c, out, err);
  if (st == LB_OK && c->n_levels > 0) st = labelled_column(c, NULL, out, err);
  if (st == LB_OK && *out == NULL) st = number_column(c, out, err);
  return st;
}

lb_status lb_stat_variable_column(lb_stat_variable *variable, const lb_stat_labels *labels,
                                  bool codes, lb_stat_format format, lb_column **out,
                                  lb_problems *problems, lb_error *err)
{
  conversion c = {variable, labels, format, problems, NULL, 0};
  lb_column *column = NULL, *labelled = NULL;
  lb_status st = convert(&c, codes, &column, err);
  if (st == LB_OK && variable->label != NULL && variable->label[0] != '\0') {
    st = lb_column_with_label(column, variable->label, NULL, &labelled, err);
    lb_column_release(column);
    column = labelled;
  }
  lb_mem_free(c.level);
  if (st == LB_OK) *out = column;
  if (st != LB_OK) lb_column_release(column);
  return st;
}
