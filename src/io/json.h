/* json.h - JSON text to and from a small tree, through cJSON, which stays inside json.c. */
#ifndef LB_IO_JSON_H
#define LB_IO_JSON_H
#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct lb_json lb_json; /* a node; the root owns all below it */
typedef enum lb_json_kind {
  LB_JSON_NULL,
  LB_JSON_BOOLEAN,
  LB_JSON_NUMBER,
  LB_JSON_TEXT,
  LB_JSON_LIST,
  LB_JSON_OBJECT
} lb_json_kind;

/* Makes cJSON allocate through base/mem; call once at start, before any other function here. */
void lb_json_init(void);
/* LB_EPARSE with the line and column, and a caret. Refused are nesting above 500, trailing text,
 * and numbers beyond the largest double. */
lb_status lb_json_parse(const char *text, size_t length, lb_json **out, lb_error *err);
void lb_json_free(lb_json *root);

lb_json_kind lb_json_type(const lb_json *node);
bool lb_json_boolean(const lb_json *node);
double lb_json_number(const lb_json *node); /* nearest double */
/* A number that the text (or lb_json_new_integer) gave as a whole number within int64, exactly:
 * also beyond 2^53, where doubles have gaps. false for other numbers. */
bool lb_json_integer(const lb_json *node, int64_t *out);
const char *lb_json_text(const lb_json *node);
/* Children of a list or object in order; name is NULL in lists. */
const lb_json *lb_json_first(const lb_json *node);
const lb_json *lb_json_next(const lb_json *node);
const char *lb_json_name(const lb_json *node);

/* Building; each returns NULL when out of memory. lb_json_push takes child (freed also on failure);
 * name NULL in lists. Numbers: shortest text that reads back the same; NaN and infinities become
 * the strings "NaN" "Inf" "-Inf". */
lb_json *lb_json_new(lb_json_kind kind);
lb_json *lb_json_new_boolean(bool value);
lb_json *lb_json_new_number(double value);
lb_json *lb_json_new_integer(int64_t value);
lb_json *lb_json_new_text(const char *text);
bool lb_json_push(lb_json *parent, const char *name, lb_json *child);
/* Text of the tree; indent 0 = one line, else that many blanks a level, short lists of scalars on
 * one line. *text: lb_mem_free. */
lb_status lb_json_print(const lb_json *root, int indent, char **text, size_t *length,
                        lb_error *err);
#endif
