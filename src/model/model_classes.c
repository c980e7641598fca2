/* model_classes.c - values of variables as small codes: classes, strata, levels, clusters. */
#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/date.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/sort.h"
#include "base/str.h"
#include "model/model_data.h"

#define SMALL_SPAN 65536 /* of integers that are looked up in a table */

void lb_labels_free(char **labels, size_t n)
{
  for (size_t i = 0; labels != NULL && i < n; i++) lb_mem_free(labels[i]);
  lb_mem_free(labels);
}

void lb_coding_reset(lb_coding *coding)
{
  lb_labels_free(coding->label, coding->n);
  lb_labels_free(coding->empty, coding->n_empty);
  lb_mem_free(coding->code);
  *coding = (lb_coding){0};
}

void lb_classes_reset(lb_classes *classes)
{
  lb_labels_free(classes->label, classes->n);
  lb_labels_free(classes->name, classes->n);
  lb_labels_free(classes->empty, classes->n_empty);
  lb_labels_free(classes->variable, classes->n_variable);
  lb_labels_free(classes->level, classes->n * classes->n_variable);
  lb_mem_free(classes->code);
  *classes = (lb_classes){0};
}

/* ---- Coding one variable ----
 * Each kind of column first gets a code per row among all its possible levels; levels without a row
 * then leave, and the codes close up. */

/* Keeps the levels that occur; `label` of the n possible ones is taken. */
static bool close_up(lb_coding *c, char **label, size_t n, size_t n_used)
{
  int32_t *new_code = lb_mem_array(n, sizeof *new_code);
  uint8_t *seen = lb_mem_zero(n, 1);
  c->label = lb_mem_zero(n, sizeof *c->label);
  c->empty = lb_mem_zero(n, sizeof *c->empty);
  bool ok = new_code != NULL && seen != NULL && c->label != NULL && c->empty != NULL;
  for (size_t i = 0; ok && i < n_used; i++) seen[c->code[i]] = 1;
  for (size_t k = 0; ok && k < n; k++) {
    new_code[k] = (int32_t)c->n;
    if (seen[k])
      c->label[c->n++] = label[k];
    else
      c->empty[c->n_empty++] = label[k];
    label[k] = NULL;
  }
  for (size_t i = 0; ok && i < n_used; i++) c->code[i] = new_code[c->code[i]];
  lb_labels_free(label, n);
  lb_mem_free(new_code);
  lb_mem_free(seen);
  return ok;
}

static char **label_list(const char *const *text, const size_t *length, size_t n)
{
  char **label = lb_mem_zero(n, sizeof *label);
  bool ok = label != NULL;
  for (size_t k = 0; ok && k < n; k++) ok = (label[k] = lb_mem_text(text[k], length[k])) != NULL;
  if (ok) return label;
  lb_labels_free(label, n);
  return NULL;
}

static bool code_factor(const lb_model *m, const lb_column *column, lb_coding *c)
{
  size_t n = lb_column_level_count(column), length;
  const int32_t *code = lb_column_codes(column);
  char **label = lb_mem_zero(n, sizeof *label);
  bool ok = label != NULL;
  for (size_t k = 0; ok && k < n; k++) {
    const char *text = lb_column_text(lb_column_levels(column), k, &length);
    ok = (label[k] = lb_mem_text(text, length)) != NULL;
  }
  for (size_t i = 0; ok && i < m->n_used; i++) c->code[i] = code[m->row[i]];
  if (ok) return close_up(c, label, n, m->n_used);
  lb_labels_free(label, n);
  return false;
}

static bool code_logical(const lb_model *m, const lb_column *column, lb_coding *c)
{
  static const char *const WORD[] = {"false", "true"};
  static const size_t LENGTH[] = {5, 4};
  char **label = label_list(WORD, LENGTH, 2);
  if (label == NULL) return false;
  for (size_t i = 0; i < m->n_used; i++)
    c->code[i] = lb_bit_get(lb_column_logical(column), m->row[i]);
  return close_up(c, label, 2, m->n_used);
}

typedef struct sort_key {
  const char *text;
  size_t length, index;
} sort_key;

static int compare_text(const void *a, const void *b)
{
  const sort_key *x = a, *y = b;
  size_t common = x->length < y->length ? x->length : y->length;
  int c = common == 0 ? 0 : memcmp(x->text, y->text, common);
  if (c != 0) return c;
  return (x->length > y->length) - (x->length < y->length);
}

/* Puts the codes of a map (first appearance) in the order of the texts. */
static bool sort_texts(const lb_map *map, size_t n_used, lb_coding *c)
{
  size_t n = lb_map_size(map);
  sort_key *key = lb_mem_zero(n, sizeof *key);
  int32_t *rank = lb_mem_array(n, sizeof *rank);
  c->label = lb_mem_zero(n, sizeof *c->label);
  bool ok = key != NULL && rank != NULL && c->label != NULL;
  for (size_t k = 0; ok && k < n; k++) {
    key[k].text = lb_map_key(map, k, &key[k].length);
    key[k].index = k;
  }
  if (ok) qsort(key, n, sizeof *key, compare_text);
  for (size_t k = 0; ok && k < n; k++) {
    rank[key[k].index] = (int32_t)k;
    ok = (c->label[k] = lb_mem_text(key[k].text, key[k].length)) != NULL;
    if (ok) c->n++;
  }
  for (size_t i = 0; ok && i < n_used; i++) c->code[i] = rank[c->code[i]];
  lb_mem_free(key);
  lb_mem_free(rank);
  return ok;
}

static bool code_by_map(const lb_model *m, const lb_column *column, lb_map *map, int32_t *code)
{
  bool is_new, ok = true;
  for (size_t i = 0; ok && i < m->n_used; i++) {
    size_t length, index = 0;
    const char *text = lb_column_text(column, m->row[i], &length);
    ok = lb_map_put(map, text, length, &index, &is_new) && index < INT32_MAX;
    code[i] = (int32_t)index;
  }
  return ok;
}

static bool code_text(const lb_model *m, const lb_column *column, lb_coding *c)
{
  lb_map *map = lb_map_new();
  bool ok = map != NULL && code_by_map(m, column, map, c->code) && sort_texts(map, m->n_used, c);
  lb_map_free(map);
  return ok;
}

static char *number_label(const lb_column *column, double value)
{
  char buffer[LB_DATETIME_TEXT + LB_REAL_TEXT];
  size_t n;
  if (lb_column_type(column) == LB_DATE)
    n = lb_date_format(buffer, (int32_t)value);
  else if (lb_column_type(column) == LB_DATETIME)
    n = lb_datetime_format(buffer, (int64_t)value);
  else
    n = lb_format_real(buffer, value);
  return lb_mem_text(buffer, n);
}

/* Ranks of sorted numbers; n_distinct of them. */
static size_t rank_numbers(const double *value, const uint32_t *order, size_t n, int32_t *code)
{
  size_t rank = 0;
  for (size_t k = 0; k < n; k++) {
    if (k > 0 && value[order[k]] != value[order[k - 1]]) rank++;
    code[order[k]] = (int32_t)rank;
  }
  return n == 0 ? 0 : rank + 1;
}

static lb_status refuse_many(const lb_model_data *d, size_t slot, size_t n, lb_error *err)
{
  lb_error_set(err, LB_EARG, "'%.200s' has %zu distinct numbers: too many for groups",
               d->slot[slot].name, n);
  lb_error_mend(err, "Make classes of them:  cut(%s, {...})", d->slot[slot].text);
  return LB_EARG;
}

/* Integers of a small range in the used rows: smallest and how many they span; 0 for any other
 * column. */
static size_t small_span(const lb_model *m, const lb_column *column, int64_t *least)
{
  if (lb_column_type(column) != LB_INTEGER || m->n_used == 0) return 0;
  const int64_t *value = lb_column_integer(column);
  int64_t low = value[m->row[0]], high = low;
  for (size_t i = 0; i < m->n_used; i++) {
    int64_t v = value[m->row[i]];
    low = v < low ? v : low;
    high = v > high ? v : high;
  }
  *least = low;
  uint64_t span = (uint64_t)high - (uint64_t)low;
  return span < SMALL_SPAN ? (size_t)span + 1 : 0;
}

/* Looked up in a table of all values between the smallest and the largest, without a sort. */
static lb_status code_small(const lb_model_data *d, size_t slot, const size_t limit_span[2],
                            int64_t least, lb_coding *c, lb_error *err)
{
  const lb_model *m = d->model;
  const int64_t *value = lb_column_integer(d->slot[slot].column);
  size_t limit = limit_span[0], span = limit_span[1], n = 0;
  int32_t *rank = lb_mem_zero(span, sizeof *rank);
  bool ok = rank != NULL;
  for (size_t i = 0; ok && i < m->n_used; i++) {
    c->code[i] = (int32_t)(value[m->row[i]] - least);
    rank[c->code[i]] = 1;
  }
  for (size_t k = 0; ok && k < span; k++) n += rank[k] != 0;
  if (ok && limit > 0 && n > limit) {
    lb_mem_free(rank);
    return refuse_many(d, slot, n, err);
  }
  ok = ok && (c->label = lb_mem_zero(n, sizeof *c->label)) != NULL;
  for (size_t k = 0; ok && k < span; k++) {
    if (rank[k] == 0) continue;
    double number = (double)(least + (int64_t)k);
    ok = (c->label[c->n] = number_label(d->slot[slot].column, number)) != NULL;
    rank[k] = (int32_t)c->n;
    if (ok) c->n++;
  }
  for (size_t i = 0; ok && i < m->n_used; i++) c->code[i] = rank[c->code[i]];
  lb_mem_free(rank);
  return ok ? LB_OK : lb_error_nomem(err, "classes");
}

/* Numbers and dates: their distinct values, ascending. */
static lb_status code_numbers(const lb_model_data *d, size_t slot, size_t limit, lb_coding *c,
                              lb_error *err)
{
  const lb_model *m = d->model;
  int64_t least;
  const size_t limit_span[2] = {limit, small_span(m, d->slot[slot].column, &least)};
  if (limit_span[1] > 0) return code_small(d, slot, limit_span, least, c, err);
  double *value = lb_model_numbers(d, slot);
  uint32_t *order = lb_mem_array(m->n_used, sizeof *order);
  lb_status st = LB_ENOMEM;
  bool ok = value != NULL && order != NULL && lb_sort_order_real(value, m->n_used, order);
  size_t n = ok ? rank_numbers(value, order, m->n_used, c->code) : 0;
  if (ok && limit > 0 && n > limit) {
    st = refuse_many(d, slot, n, err);
    goto done;
  }
  ok = ok && (c->label = lb_mem_zero(n, sizeof *c->label)) != NULL;
  for (size_t i = 0; ok && i < m->n_used; i++) {
    if ((size_t)c->code[order[i]] != c->n) continue;
    ok = (c->label[c->n] = number_label(d->slot[slot].column, value[order[i]])) != NULL;
    if (ok) c->n++;
  }
  st = ok ? LB_OK : lb_error_nomem(err, "classes");
done:
  lb_mem_free(value);
  lb_mem_free(order);
  return st;
}

lb_status lb_model_code(const lb_model_data *d, size_t slot, size_t limit, lb_coding *out,
                        lb_error *err)
{
  const lb_column *column = d->slot[slot].column;
  lb_coding c = {0};
  lb_status st = LB_OK;
  c.code = lb_mem_array(d->model->n_used, sizeof *c.code);
  bool ok = c.code != NULL;
  if (ok && lb_column_type(column) == LB_FACTOR)
    ok = code_factor(d->model, column, &c);
  else if (ok && lb_column_type(column) == LB_TEXT)
    ok = code_text(d->model, column, &c);
  else if (ok && lb_column_type(column) == LB_LOGICAL)
    ok = code_logical(d->model, column, &c);
  else if (ok)
    st = code_numbers(d, slot, limit, &c, err);
  if (!ok) st = lb_error_nomem(err, "classes");
  if (st == LB_OK)
    *out = c;
  else
    lb_coding_reset(&c);
  return st;
}

/* ---- Classes of several variables ---- */

/* code becomes the rank of (code, next) among the pairs that occur. */
static bool combine(int32_t *code, const lb_coding *next, size_t n_rows, size_t *n)
{
  int64_t *key = lb_mem_array(n_rows, sizeof *key);
  uint32_t *order = lb_mem_array(n_rows, sizeof *order);
  bool ok = key != NULL && order != NULL;
  for (size_t i = 0; ok && i < n_rows; i++)
    key[i] = (int64_t)code[i] * (int64_t)next->n + next->code[i];
  ok = ok && lb_sort_order_integer(key, n_rows, order);
  size_t rank = 0;
  for (size_t k = 0; ok && k < n_rows; k++) {
    if (k > 0 && key[order[k]] != key[order[k - 1]]) rank++;
    code[order[k]] = (int32_t)rank;
  }
  if (ok) *n = n_rows == 0 ? 0 : rank + 1;
  lb_mem_free(key);
  lb_mem_free(order);
  return ok;
}

/* "SIRT, pancreas" and "treatment=SIRT, primary=pancreas" for the class that holds `row`. */
static bool name_class(const lb_model_data *d, const size_t *slots, const lb_coding *coding,
                       size_t n, size_t row, char **label, char **name)
{
  lb_str l = {0}, full = {0};
  for (size_t v = 0; v < n; v++) {
    const char *level = coding[v].label[coding[v].code[row]];
    lb_str_puts(&l, v > 0 ? ", " : "");
    lb_str_puts(&l, level);
    lb_str_puts(&full, v > 0 ? ", " : "");
    lb_str_puts(&full, d->slot[slots[v]].name);
    lb_str_putc(&full, '=');
    lb_str_puts(&full, level);
  }
  *label = lb_str_take(&l, NULL);
  *name = lb_str_take(&full, NULL);
  lb_str_reset(&l);
  lb_str_reset(&full);
  return *label != NULL && *name != NULL;
}

static bool name_classes(const lb_model_data *d, const size_t *slots, const lb_coding *coding,
                         size_t n, lb_classes *c)
{
  c->label = lb_mem_zero(c->n, sizeof *c->label);
  c->name = lb_mem_zero(c->n, sizeof *c->name);
  bool ok = c->label != NULL && c->name != NULL;
  size_t unnamed = c->n;
  for (size_t i = 0; ok && unnamed > 0 && i < d->model->n_used; i++) {
    size_t k = (size_t)c->code[i];
    if (c->label[k] != NULL) continue;
    ok = name_class(d, slots, coding, n, i, &c->label[k], &c->name[k]);
    unnamed--;
  }
  return ok;
}

static char *copy_text(const char *text)
{
  return lb_mem_text(text, strlen(text));
}

/* What the names say, in parts: a level may look like another "variable=level". */
static bool part_classes(const lb_model_data *d, const size_t *slots, const lb_coding *coding,
                         size_t n, lb_classes *c)
{
  c->variable = lb_mem_zero(n, sizeof *c->variable);
  c->level = lb_mem_zero(c->n, n * sizeof *c->level);
  bool ok = c->variable != NULL && c->level != NULL;
  if (ok) c->n_variable = n;
  for (size_t v = 0; ok && v < n; v++)
    ok = (c->variable[v] = copy_text(d->slot[slots[v]].name)) != NULL;
  for (size_t i = 0; ok && i < d->model->n_used; i++) {
    char **level = &c->level[(size_t)c->code[i] * n];
    for (size_t v = 0; ok && v < n && level[v] == NULL; v++)
      ok = (level[v] = copy_text(coding[v].label[coding[v].code[i]])) != NULL;
  }
  return ok;
}

/* Everyone in one class, without codes. */
static bool only_class(lb_classes *c)
{
  c->n = 1;
  c->label = lb_mem_zero(1, sizeof *c->label);
  c->name = lb_mem_zero(1, sizeof *c->name);
  if (c->label == NULL || c->name == NULL) return false;
  c->label[0] = lb_mem_text("all", 3);
  c->name[0] = lb_mem_text("", 0);
  return c->label[0] != NULL && c->name[0] != NULL;
}

static bool one_class(size_t n_rows, lb_classes *c)
{
  c->code = lb_mem_zero(n_rows, sizeof *c->code);
  return c->code != NULL && only_class(c);
}

/* The first variable varies slowest. Takes the codes of the first coding. */
static bool make_classes(const lb_model_data *d, const size_t *slots, lb_coding *coding, size_t n,
                         lb_classes *c)
{
  size_t n_used = d->model->n_used;
  c->code = lb_mem_array(n_used, sizeof *c->code);
  if (c->code == NULL) return false;
  memcpy(c->code, coding[0].code, n_used * sizeof *c->code);
  c->n = coding[0].n;
  for (size_t v = 1; v < n; v++)
    if (!combine(c->code, &coding[v], n_used, &c->n)) return false;
  if (!name_classes(d, slots, coding, n, c)) return false;
  if (n > 1) return part_classes(d, slots, coding, n, c);
  c->empty = coding[0].empty;
  c->n_empty = coding[0].n_empty;
  coding[0].empty = NULL;
  coding[0].n_empty = 0;
  return true;
}

lb_status lb_model_classes(const lb_model_data *d, const size_t *slots, size_t n, size_t limit,
                           lb_classes *out, lb_error *err)
{
  lb_classes c = {0};
  lb_status st = LB_OK;
  lb_coding *coding = lb_mem_zero(n, sizeof *coding);
  if (coding == NULL) return lb_error_nomem(err, "classes");
  for (size_t v = 0; v < n && st == LB_OK; v++)
    st = lb_model_code(d, slots[v], limit, &coding[v], err);
  if (st == LB_OK) {
    bool design = d->options->kind == LB_MODEL_DESIGN;
    bool ok = n > 0    ? make_classes(d, slots, coding, n, &c)
              : design ? only_class(&c)
                       : one_class(d->model->n_used, &c);
    if (!ok) st = lb_error_nomem(err, "classes");
  }
  for (size_t v = 0; v < n; v++) lb_coding_reset(&coding[v]);
  lb_mem_free(coding);
  if (st == LB_OK)
    *out = c;
  else
    lb_classes_reset(&c);
  return st;
}

/* ---- Classes of rows that are counted ---- */

/* The word for value number k of a factor, logical or integer column. */
static char *counted_label(const lb_column *column, const lb_counted *counted, size_t k)
{
  size_t length;
  if (lb_column_type(column) == LB_INTEGER)
    return number_label(column, (double)(counted->least + (int64_t)k));
  if (lb_column_type(column) == LB_LOGICAL)
    return k == 0 ? lb_mem_text("false", 5) : lb_mem_text("true", 4);
  const char *text = lb_column_text(lb_column_levels(column), k, &length);
  return lb_mem_text(text, length);
}

/* "treatment=SIRT" */
static char *counted_name(const lb_slot *slot, const char *label)
{
  lb_str s = {0};
  lb_str_addf(&s, "%s=%s", slot->name, label);
  char *name = lb_str_take(&s, NULL);
  lb_str_reset(&s);
  return name;
}

static bool name_counted(const lb_slot *slot, const lb_counted *counted, lb_classes *c)
{
  bool numbers = lb_column_type(slot->column) == LB_INTEGER;
  c->label = lb_mem_zero(counted->n, sizeof *c->label);
  c->name = lb_mem_zero(counted->n, sizeof *c->name);
  c->empty = lb_mem_zero(counted->n, sizeof *c->empty);
  bool ok = c->label != NULL && c->name != NULL && c->empty != NULL;
  for (size_t k = 0; ok && k < counted->n; k++) {
    bool any = counted->rows[k] > 0;
    if (!any && numbers) continue;
    char *label = counted_label(slot->column, counted, k);
    if (any)
      c->label[c->n++] = label;
    else
      c->empty[c->n_empty++] = label;
    ok = label != NULL;
    if (ok && any) ok = (c->name[c->n - 1] = counted_name(slot, label)) != NULL;
  }
  return ok;
}

lb_status lb_model_counted_classes(lb_model_data *d, const size_t *slot, const lb_counted *counted,
                                   lb_error *err)
{
  lb_model *m = d->model;
  bool ok =
      slot == NULL ? only_class(&m->groups) : name_counted(&d->slot[*slot], counted, &m->groups);
  return ok && only_class(&m->strata) ? LB_OK : lb_error_nomem(err, "classes");
}

/* ---- Clusters: codes alone, since a cluster is often a patient ---- */

static bool code_bits(const lb_model_data *d, lb_map *map, int32_t *code)
{
  size_t n = d->model->n_used;
  const lb_column *column = d->slot[d->cluster[0]].column;
  const int64_t *integer = lb_column_type(column) == LB_INTEGER ? lb_column_integer(column) : NULL;
  double *value = lb_model_numbers(d, d->cluster[0]);
  bool is_new, ok = value != NULL;
  for (size_t i = 0; ok && i < n; i++) {
    size_t index = 0;
    double plain = value[i] + 0.0; /* -0 is 0 */
    const void *key = integer != NULL ? (const void *)&integer[d->model->row[i]] : &plain;
    ok = lb_map_put(map, key, sizeof(int64_t), &index, &is_new) && index < INT32_MAX;
    code[i] = (int32_t)index;
  }
  lb_mem_free(value);
  return ok;
}

lb_status lb_model_cluster(lb_model_data *d, lb_error *err)
{
  lb_model *m = d->model;
  if (m->formula.n_cluster == 0) return LB_OK;
  const lb_column *column = d->slot[d->cluster[0]].column;
  bool text = lb_column_type(column) == LB_TEXT || lb_column_type(column) == LB_FACTOR;
  lb_map *map = lb_map_new();
  m->cluster = lb_mem_array(m->n_used, sizeof *m->cluster);
  bool ok = map != NULL && m->cluster != NULL;
  if (ok) ok = text ? code_by_map(m, column, map, m->cluster) : code_bits(d, map, m->cluster);
  m->n_cluster = ok ? lb_map_size(map) : 0;
  lb_map_free(map);
  return ok ? LB_OK : lb_error_nomem(err, "clusters");
}
