/* formula.c - a formula's two sides: the outcome here, the terms in formula_terms.c. */
#include "model/formula.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"
#include "model/formula_terms.h"

lb_status lb_formula_error(const lb_formula *f, lb_span at, lb_error *err, const char *format, ...)
{
  char message[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  lb_error_set(err, LB_EPARSE, "%s", message);
  lb_error_caret(err, f->text, f->length, at.start, at.end);
  return LB_EPARSE;
}

lb_status lb_variable_add(lb_variable **list, size_t *n, const char *text, lb_span span,
                          lb_error *err)
{
  char *copy = lb_mem_alloc(2 * (span.end - span.start) + 1);
  lb_variable *larger = lb_mem_resize(*list, *n + 1, sizeof **list);
  if (larger != NULL) *list = larger;
  if (copy == NULL || larger == NULL) {
    lb_mem_free(copy);
    return lb_error_nomem(err, "formula");
  }
  lb_scan_normalise(text, span, copy);
  larger[(*n)++] = (lb_variable){copy, span.start, span.end};
  return LB_OK;
}

/* The word at the start of a range, when a '(' follows and its ')' ends the range: a call. */
static bool is_call(const char *text, lb_span range, lb_span *word, lb_span *inside)
{
  size_t at = range.start, end;
  while (at < range.end && lb_scan_is_word(text[at])) at++;
  *word = (lb_span){range.start, at};
  while (at < range.end && lb_scan_is_blank(text[at])) at++;
  if (word->end == word->start || at == range.end || text[at] != '(') return false;
  end = lb_scan_item(text, at, range.end);
  *inside = (lb_span){at + 1, range.end - 1};
  return end == range.end;
}

static bool word_is(const char *text, lb_span word, const char *name)
{
  size_t n = word.end - word.start;
  return n == strlen(name) && strncmp(text + word.start, name, n) == 0;
}

/* A single '=' outside quotes and brackets: an argument given by name, as in R. */
static bool has_name(const char *text, lb_span argument)
{
  for (size_t at = argument.start; at < argument.end;) {
    char before = at > argument.start ? text[at - 1] : ' ';
    char after = at + 1 < argument.end ? text[at + 1] : ' ';
    if (text[at] == '=' && strchr("=~<>!", before) == NULL && after != '=') return true;
    size_t next = lb_scan_item(text, at, argument.end);
    at = next == SIZE_MAX ? argument.end : next;
  }
  return false;
}

static lb_status wrong_count(const lb_formula *f, lb_span call, size_t n, lb_error *err)
{
  if (f->response == LB_RESPONSE_INTERVAL)
    return lb_formula_error(f, call, err,
                            "Surv_interval() takes (lower, upper), not %zu argument%s", n,
                            n == 1 ? "" : "s");
  if (f->response == LB_RESPONSE_SURV_CNSR)
    lb_formula_error(f, call, err, "Surv_CNSR() takes (time, cnsr), not %zu argument%s", n,
                     n == 1 ? "" : "s");
  else
    lb_formula_error(f, call, err,
                     "Surv() takes (time, event) or (entry, time, event), not %zu argument%s", n,
                     n == 1 ? "" : "s");
  if (n == 1)
    lb_error_mend(err, "The event is needed too: who had it, and who was censored.");
  else
    lb_error_mend(err, "For an event between two times write Surv_interval(lower, upper).");
  return LB_EPARSE;
}

static lb_status read_surv(lb_formula *f, lb_span call, lb_span inside, lb_error *err)
{
  lb_span argument[3];
  size_t n = lb_scan_arguments(f->text, inside, argument, 3);
  bool two_only = f->response != LB_RESPONSE_SURV;
  if (n != 2 && (n != 3 || two_only)) return wrong_count(f, call, n, err);
  for (size_t i = 0; i < n; i++) {
    if (argument[i].start == argument[i].end)
      return lb_formula_error(f, call, err, "an argument of Surv() is empty");
    if (has_name(f->text, argument[i])) {
      lb_formula_error(f, argument[i], err, "the arguments of Surv() have no names");
      lb_error_mend(err, "Write Surv(time, event) or Surv(entry, time, event). "
                         "A comparison is written ==.");
      return LB_EPARSE;
    }
  }
  lb_variable *part = NULL;
  lb_status st = LB_OK;
  for (size_t i = 0; i < n && st == LB_OK; i++)
    st = lb_variable_add(&part, &f->n_response_part, f->text, argument[i], err);
  for (size_t i = 0; i < f->n_response_part; i++) f->response_part[i] = part[i];
  lb_mem_free(part);
  return st;
}

/* "y": an expression of any kind. */
static lb_status read_expression(lb_formula *f, lb_span side, lb_error *err)
{
  lb_variable *part = NULL;
  lb_status st = lb_variable_add(&part, &f->n_response_part, f->text, side, err);
  if (st == LB_OK) f->response_part[0] = part[0];
  lb_mem_free(part);
  f->response = LB_RESPONSE_EXPR;
  return st;
}

static lb_status read_response(lb_formula *f, lb_span side, lb_error *err)
{
  lb_span word, inside;
  if (side.start == side.end) return LB_OK;
  if (!is_call(f->text, side, &word, &inside)) return read_expression(f, side, err);
  if (lb_formula_unavailable(f->text + word.start, word.end - word.start))
    return lb_formula_error(f, word, err, "%.*s() is not available in this version",
                            (int)(word.end - word.start), f->text + word.start);
  if (word_is(f->text, word, "Surv"))
    f->response = LB_RESPONSE_SURV;
  else if (word_is(f->text, word, "Surv_CNSR"))
    f->response = LB_RESPONSE_SURV_CNSR;
  else if (word_is(f->text, word, "Surv_interval"))
    f->response = LB_RESPONSE_INTERVAL;
  else if (word.end - word.start == 4 && strncasecmp(f->text + word.start, "surv", 4) == 0)
    return lb_formula_error(f, word, err, "'%.4s' is spelled 'Surv'", f->text + word.start);
  else
    return read_expression(f, side, err);
  return read_surv(f, side, inside, err);
}

/* The '~' outside quotes and brackets; "~=" is an operator of expressions. */
static lb_status find_tilde(const lb_formula *f, size_t *tilde, lb_error *err)
{
  bool found = false;
  for (size_t at = 0; at < f->length;) {
    if (f->text[at] == '~' && !(at + 1 < f->length && f->text[at + 1] == '=')) {
      if (found)
        return lb_formula_error(f, (lb_span){at, at + 1}, err, "a formula has one '~', not two");
      found = true;
      *tilde = at;
    }
    size_t next = lb_scan_item(f->text, at, f->length);
    if (next == SIZE_MAX) {
      bool quote = strchr("([{", f->text[at]) == NULL;
      return lb_formula_error(f, (lb_span){at, at + 1}, err, "'%c' is not closed%s", f->text[at],
                              quote ? "" : ", or by the wrong bracket");
    }
    at = next;
  }
  if (found) return LB_OK;
  lb_formula_error(f, (lb_span){f->length, f->length}, err, "the formula has no '~'");
  lb_error_mend(err, "Write the outcome, ~, and the terms:  Surv(time, event) ~ treatment + age");
  return LB_EPARSE;
}

/* A copy on one line, so that carets stand below the whole formula. */
static lb_status copy_text(lb_formula *f, const char *text, size_t length, lb_error *err)
{
  if (!lb_utf8_valid(text, length) || memchr(text, '\0', length) != NULL)
    return lb_error_set(err, LB_EPARSE, "the formula is not UTF-8 text");
  f->text = lb_mem_text(text, length);
  if (f->text == NULL) return lb_error_nomem(err, "formula");
  f->length = length;
  for (char *c = f->text; *c != '\0'; c++)
    if (lb_scan_is_blank(*c)) *c = ' ';
  return LB_OK;
}

lb_status lb_formula_parse(const char *text, size_t length, lb_formula *out, lb_error *err)
{
  lb_formula f = {.intercept = true};
  size_t tilde = 0;
  lb_status st = copy_text(&f, text, length, err);
  if (st == LB_OK) st = find_tilde(&f, &tilde, err);
  if (st == LB_OK) st = read_response(&f, lb_scan_trim(f.text, 0, tilde), err);
  if (st == LB_OK) st = lb_formula_terms(&f, (lb_span){tilde + 1, f.length}, err);
  if (st == LB_OK)
    *out = f;
  else
    lb_formula_reset(&f);
  return st;
}

static void free_list(lb_variable *list, size_t n)
{
  for (size_t i = 0; i < n; i++) lb_mem_free(list[i].text);
  lb_mem_free(list);
}

void lb_formula_reset(lb_formula *formula)
{
  for (size_t i = 0; i < formula->n_response_part; i++) lb_mem_free(formula->response_part[i].text);
  free_list(formula->variable, formula->n_variable);
  free_list(formula->strata, formula->n_strata);
  free_list(formula->cluster, formula->n_cluster);
  free_list(formula->offset, formula->n_offset);
  free_list(formula->frailty, formula->n_frailty);
  lb_mem_free(formula->penalty);
  lb_mem_free(formula->term);
  lb_mem_free(formula->text);
  *formula = (lb_formula){0};
}
