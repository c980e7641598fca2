/* with.c - values from the call for $names. */
#include "expr/with.h"
#include "base/names.h"
#include "base/str.h"
#include "expr/program.h"
#include <string.h>

lb_status lb_with_check_used(const lb_with *with, lb_error *err)
{
  for (size_t i = 0; with != NULL && i < with->n; i++) {
    if (with->entry[i].used) continue;
    lb_error_set(err, LB_ENAME, "no expression uses the value '%s' of `with`", with->entry[i].name);
    return lb_error_mend(err, "Write it as  $%s  , or leave it out", with->entry[i].name);
  }
  return LB_OK;
}

static lb_status fail(const lb_ast *ast, const lb_node *at, lb_status code, const char *message,
                      lb_error *err)
{
  lb_error_set(err, code, "%s", message);
  lb_error_caret(err, ast->text, ast->length, at->start, at->end);
  return code;
}

static lb_status fail_unknown(lb_ast *ast, const lb_node *at, const lb_with *with, lb_error *err)
{
  size_t n = with == NULL ? 0 : with->n;
  lb_error listing = {0};
  if (n == 0) {
    lb_error_set(err, LB_ENAME, "no value '$%s'", at->text);
    lb_error_caret(err, ast->text, ast->length, at->start, at->end);
    return lb_error_mend(err, "Pass it with the call:  { with = { %s = ... } }", at->text);
  }
  const char **names = lb_arena_alloc(&ast->arena, n, sizeof *names);
  if (names == NULL) return lb_error_nomem(err, "expression");
  for (size_t i = 0; i < n; i++) names[i] = with->entry[i].name;
  lb_name_unknown(&listing, "value", "Values of `with`", at->text, names, n);
  fail(ast, at, LB_ENAME, listing.message, err);
  if (listing.context[0] != '\0') lb_error_mend(err, "%s", listing.context);
  return LB_ENAME;
}

static lb_status read_scalar(lb_ast *ast, const lb_node *at, const lb_value *value, lb_const *out,
                             lb_error *err)
{
  *out = (lb_const){.type = LB_REAL, .real = value->real};
  switch (value->kind) {
  case LB_VALUE_REAL:
    return LB_OK;
  case LB_VALUE_INTEGER:
    out->type = LB_INTEGER;
    out->integer = value->integer;
    return LB_OK;
  case LB_VALUE_LOGICAL:
    out->type = LB_LOGICAL;
    out->integer = value->logical;
    return LB_OK;
  case LB_VALUE_TEXT:
    out->type = LB_TEXT;
    if (!lb_utf8_valid(value->text, value->length))
      return fail(ast, at, LB_ETYPE, "this value is no well-formed UTF-8", err);
    out->text.length = value->length;
    out->text.data = lb_arena_text(&ast->arena, value->text, value->length);
    return out->text.data == NULL ? lb_error_nomem(err, "expression") : LB_OK;
  default:
    return fail(ast, at, LB_ETYPE, "a list cannot stand in a list", err);
  }
}

static lb_status bind_list(lb_ast *ast, size_t node, const lb_value *list, lb_error *err)
{
  lb_const *item = lb_arena_alloc(&ast->arena, list->length + 1, sizeof *item);
  if (item == NULL) return lb_error_nomem(err, "expression");
  for (size_t i = 0; i < list->length; i++) {
    lb_status st = read_scalar(ast, &ast->node[node], &list->item[i], &item[i], err);
    if (st != LB_OK) return st;
    item[i].node = node;
  }
  ast->node[node].kind = LB_NODE_VALUES;
  ast->node[node].value = item;
  ast->node[node].n_value = list->length;
  return LB_OK;
}

static lb_status bind_scalar(lb_ast *ast, size_t node, const lb_value *value, lb_error *err)
{
  lb_const scalar;
  lb_node *at = &ast->node[node];
  lb_status st = read_scalar(ast, at, value, &scalar, err);
  if (st != LB_OK) return st;
  at->kind = scalar.type == LB_REAL      ? LB_NODE_REAL
             : scalar.type == LB_INTEGER ? LB_NODE_INTEGER
             : scalar.type == LB_TEXT    ? LB_NODE_TEXT
                                         : LB_NODE_LOGICAL;
  at->integer = scalar.integer;
  at->real = scalar.real;
  at->text = scalar.text.data;
  at->length = scalar.text.length;
  return LB_OK;
}

lb_status lb_with_bind(lb_ast *ast, lb_with *with, lb_error *err)
{
  for (size_t i = 0; i < ast->n_node; i++) {
    const lb_node *at = &ast->node[i];
    if (at->kind != LB_NODE_WITH) continue;
    size_t k = 0;
    while (with != NULL && k < with->n && strcmp(with->entry[k].name, at->text) != 0) k++;
    if (with == NULL || k == with->n) return fail_unknown(ast, at, with, err);
    const lb_value *value = &with->entry[k].value;
    with->entry[k].used = true;
    lb_status st = value->kind == LB_VALUE_LIST ? bind_list(ast, i, value, err)
                                                : bind_scalar(ast, i, value, err);
    if (st != LB_OK) return st;
  }
  return LB_OK;
}
