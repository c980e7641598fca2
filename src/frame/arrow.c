/* arrow.c - frames out through the Arrow C data interface: two trees of structs over the columns'
 * own buffers. */
#include "frame/arrow.h"

#include <string.h>

#include "base/mem.h"
#include "frame/column_internal.h"

/* Behind each node: what it owns. Children and dictionaries are nodes of their own, released with
 * their parent unless the receiver moved them away (the interface allows that). */
typedef struct schema_node {
  struct ArrowSchema *child, dictionary;
  struct ArrowSchema **child_pointer;
  char *name, *metadata;
} schema_node;

typedef struct array_node {
  struct ArrowArray *child, dictionary;
  struct ArrowArray **child_pointer;
  lb_column *column;
  const void *buffer[3];
} array_node;

static void release_schema(struct ArrowSchema *schema)
{
  schema_node *node = schema->private_data;
  for (int64_t i = 0; i < schema->n_children; i++)
    if (schema->children[i]->release != NULL) schema->children[i]->release(schema->children[i]);
  if (schema->dictionary != NULL && schema->dictionary->release != NULL)
    schema->dictionary->release(schema->dictionary);
  lb_mem_free(node->child);
  lb_mem_free(node->child_pointer);
  lb_mem_free(node->name);
  lb_mem_free(node->metadata);
  lb_mem_free(node);
  schema->release = NULL;
}

static void release_array(struct ArrowArray *array)
{
  array_node *node = array->private_data;
  for (int64_t i = 0; i < array->n_children; i++)
    if (array->children[i]->release != NULL) array->children[i]->release(array->children[i]);
  if (array->dictionary != NULL && array->dictionary->release != NULL)
    array->dictionary->release(array->dictionary);
  lb_column_release(node->column);
  lb_mem_free(node->child);
  lb_mem_free(node->child_pointer);
  lb_mem_free(node);
  array->release = NULL;
}

/* ---- Schema ---- */

static const char *format_of(lb_type type)
{
  static const char *const FORMATS[] = {
      [LB_REAL] = "g", [LB_INTEGER] = "l", [LB_LOGICAL] = "b",       [LB_FACTOR] = "i",
      [LB_TEXT] = "U", [LB_DATE] = "tdD",  [LB_DATETIME] = "tsu:UTC"};
  return FORMATS[type];
}

static char *put_number(char *at, size_t number)
{
  int32_t value = (int32_t)number;
  memcpy(at, &value, sizeof value);
  return at + sizeof value;
}

/* Length and bytes, without a final NUL: that is the format. */
static char *put_bytes(char *at, const char *text)
{
  size_t length = strlen(text);
  at = put_number(at, length);
  for (size_t i = 0; i < length; i++) *at++ = text[i];
  return at;
}

static char *put_pair(char *at, const char *key, const char *value)
{
  return put_bytes(put_bytes(at, key), value);
}

/* Number of pairs, then for each the length and bytes of key and value, in native int32. */
static bool make_metadata(const lb_column *column, char **out)
{
  const char *label = lb_column_label(column), *unit = lb_column_unit(column);
  size_t size = 4, n = 0;
  *out = NULL;
  if (label == NULL && unit == NULL) return true;
  if (label != NULL) size += 8 + strlen("label") + strlen(label), n++;
  if (unit != NULL) size += 8 + strlen("unit") + strlen(unit), n++;
  *out = lb_mem_alloc(size);
  if (*out == NULL) return false;
  char *at = put_number(*out, n);
  if (label != NULL) at = put_pair(at, "label", label);
  if (unit != NULL) put_pair(at, "unit", unit);
  return true;
}

/* A node without children; the struct is released by its release from here on. */
static schema_node *new_schema(struct ArrowSchema *schema, const char *format, const char *name)
{
  schema_node *node = lb_mem_zero(1, sizeof *node);
  *schema = (struct ArrowSchema){0};
  if (node == NULL) return NULL;
  node->name = lb_mem_text(name, strlen(name));
  if (node->name == NULL) {
    lb_mem_free(node);
    return NULL;
  }
  *schema = (struct ArrowSchema){.format = format, .name = node->name, .private_data = node};
  schema->flags = ARROW_FLAG_NULLABLE;
  schema->release = release_schema;
  return node;
}

static bool export_column_schema(const lb_column *column, const char *name,
                                 struct ArrowSchema *schema)
{
  schema_node *node = new_schema(schema, format_of(lb_column_type(column)), name);
  if (node == NULL || !make_metadata(column, &node->metadata)) return false;
  schema->metadata = node->metadata;
  if (lb_column_type(column) != LB_FACTOR) return true;
  if (lb_column_ordered(column)) schema->flags |= ARROW_FLAG_DICTIONARY_ORDERED;
  if (new_schema(&node->dictionary, "U", "") == NULL) return false;
  schema->dictionary = &node->dictionary;
  return true;
}

static bool export_schema(const lb_frame *frame, struct ArrowSchema *schema)
{
  size_t n = lb_frame_columns(frame);
  schema_node *node = new_schema(schema, "+s", "");
  if (node == NULL) return false;
  schema->flags = 0;
  node->child = lb_mem_zero(n, sizeof *node->child);
  node->child_pointer = lb_mem_zero(n, sizeof *node->child_pointer);
  if (node->child == NULL || node->child_pointer == NULL) return false;
  schema->children = node->child_pointer;
  for (size_t i = 0; i < n; i++) {
    node->child_pointer[i] = &node->child[i];
    schema->n_children = (int64_t)i + 1;
    if (!export_column_schema(lb_frame_column_source(frame, i), lb_frame_name(frame, i),
                              &node->child[i]))
      return false;
  }
  return true;
}

/* ---- Array ---- */

static array_node *new_array(struct ArrowArray *array, size_t n, int n_buffers)
{
  array_node *node = lb_mem_zero(1, sizeof *node);
  *array = (struct ArrowArray){0};
  if (node == NULL) return NULL;
  *array = (struct ArrowArray){.length = (int64_t)n, .n_buffers = n_buffers, .private_data = node};
  array->buffers = node->buffer;
  array->release = release_array;
  return node;
}

static const void *values_of(const lb_column *column)
{
  switch (lb_column_type(column)) {
  case LB_REAL:
    return lb_column_real(column);
  case LB_LOGICAL:
    return lb_column_logical(column);
  case LB_FACTOR:
    return lb_column_codes(column);
  case LB_DATE:
    return lb_column_days(column);
  default:
    return lb_column_integer(column);
  }
}

static bool export_column(const lb_column *column, struct ArrowArray *array)
{
  static const char NO_BYTES[] = "";
  bool text = lb_column_type(column) == LB_TEXT;
  array_node *node = new_array(array, lb_column_length(column), text ? 3 : 2);
  if (node == NULL) return false;
  node->column = lb_column_share(column);
  node->buffer[0] = lb_column_valid(column);
  array->null_count = (int64_t)lb_column_missing(column);
  if (text) {
    const char *bytes;
    node->buffer[1] = lb_column_offsets(column, &bytes);
    node->buffer[2] = bytes == NULL ? NO_BYTES : bytes;
    return true;
  }
  node->buffer[1] = values_of(column);
  if (lb_column_type(column) != LB_FACTOR) return true;
  if (!export_column(lb_column_levels(column), &node->dictionary)) {
    if (node->dictionary.release != NULL) node->dictionary.release(&node->dictionary);
    return false;
  }
  array->dictionary = &node->dictionary;
  return true;
}

static lb_status export_array(const lb_frame *frame, struct ArrowArray *array, lb_error *err)
{
  size_t n = lb_frame_columns(frame);
  array_node *node = new_array(array, lb_frame_rows(frame), 1);
  if (node == NULL) return lb_error_nomem(err, "arrow");
  node->child = lb_mem_zero(n, sizeof *node->child);
  node->child_pointer = lb_mem_zero(n, sizeof *node->child_pointer);
  if (node->child == NULL || node->child_pointer == NULL) return lb_error_nomem(err, "arrow");
  array->children = node->child_pointer;
  for (size_t i = 0; i < n; i++) {
    const lb_column *column;
    lb_status st = lb_frame_column(frame, i, &column, err);
    if (st != LB_OK) return st;
    node->child_pointer[i] = &node->child[i];
    array->n_children = (int64_t)i + 1;
    if (!export_column(column, &node->child[i])) return lb_error_nomem(err, "arrow");
  }
  return LB_OK;
}

lb_status lb_arrow_export(const lb_frame *frame, struct ArrowSchema *schema,
                          struct ArrowArray *array, lb_error *err)
{
  struct ArrowSchema s = {0};
  struct ArrowArray a = {0};
  lb_status st = export_schema(frame, &s) ? LB_OK : lb_error_nomem(err, "arrow");
  if (st == LB_OK) st = export_array(frame, &a, err);
  if (st == LB_OK) {
    *schema = s;
    *array = a;
    return LB_OK;
  }
  if (s.release != NULL) s.release(&s);
  if (a.release != NULL) a.release(&a);
  return st;
}
