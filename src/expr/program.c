/* program.c - building a list of operations, with constants folded on the way. */
#include "expr/program.h"
#include "base/mem.h"
#include <string.h>

void lb_program_reset(lb_program *program)
{
  for (size_t i = 0; i < program->n_held; i++) lb_column_release(program->held[i]);
  for (size_t i = 0; i < program->n_map; i++) lb_map_free(program->map[i]);
  lb_mem_free(program->held);
  lb_mem_free(program->map);
  lb_mem_free(program->op);
  lb_mem_free(program->arg);
  lb_mem_free(program->slot);
  lb_arena_reset(&program->arena);
  *program = (lb_program){0};
}

lb_status lb_program_hold(lb_program *program, const lb_column *levels, lb_error *err)
{
  void *held = program->held;
  bool room = lb_array_grow(&held, &program->held_capacity, program->n_held, sizeof(lb_column *));
  program->held = held;
  if (!room) return lb_error_nomem(err, "expression");
  /* Reference counts are not part of a column's value. */
  program->held[program->n_held++] = lb_column_retain((lb_column *)levels);
  return LB_OK;
}

lb_map *lb_program_map(lb_program *program)
{
  void *maps = program->map;
  bool room = lb_array_grow(&maps, &program->map_capacity, program->n_map, sizeof(lb_map *));
  program->map = maps;
  if (!room) return NULL;
  lb_map *map = lb_map_new();
  if (map != NULL) program->map[program->n_map++] = map;
  return map;
}

size_t lb_type_width(lb_type type)
{
  switch (type) {
  case LB_LOGICAL:
    return sizeof(uint8_t);
  case LB_FACTOR:
  case LB_DATE:
    return sizeof(int32_t);
  case LB_TEXT:
    return sizeof(lb_span);
  default:
    return sizeof(double);
  }
}

void lb_vec_fill(lb_vec *vec, const lb_const *value, size_t n)
{
  memset(vec->valid, value->missing ? 0 : 1, n);
  switch (value->type) {
  case LB_REAL:
    for (size_t i = 0; i < n; i++) vec->real[i] = value->real;
    return;
  case LB_LOGICAL:
    memset(vec->logical, value->missing ? 0 : (int)value->integer, n);
    return;
  case LB_FACTOR:
  case LB_DATE:
    for (size_t i = 0; i < n; i++) vec->code[i] = (int32_t)value->integer;
    return;
  case LB_TEXT:
    for (size_t i = 0; i < n; i++) vec->text[i] = value->text;
    return;
  default:
    for (size_t i = 0; i < n; i++) vec->integer[i] = value->integer;
  }
}

/* The first value of a block as a constant; text is copied into the arena. */
static bool read_const(lb_program *program, const lb_vec *vec, lb_const *out)
{
  out->missing = vec->valid[0] == 0;
  if (out->missing) return true;
  switch (out->type) {
  case LB_REAL:
    out->real = vec->real[0];
    return true;
  case LB_LOGICAL:
    out->integer = vec->logical[0];
    return true;
  case LB_FACTOR:
  case LB_DATE:
    out->integer = vec->code[0];
    return true;
  case LB_TEXT:
    out->text.length = vec->text[0].length;
    out->text.data = lb_arena_text(&program->arena, vec->text[0].data, vec->text[0].length);
    return out->text.data != NULL;
  default:
    out->integer = vec->integer[0];
    return true;
  }
}

/* Runs the kernel of op on constants, as a block of one row. */
static lb_status fold(lb_program *program, lb_op *op, lb_tally *tally, lb_error *err)
{
  size_t n = op->n;
  lb_span *room = lb_arena_alloc(&program->arena, n + 1, sizeof *room);
  uint8_t *valid = lb_arena_alloc(&program->arena, n + 1, 1);
  lb_vec *vec = lb_arena_alloc(&program->arena, n + 1, sizeof *vec);
  const lb_vec **arg = lb_arena_alloc(&program->arena, n + 1, sizeof *arg);
  if (room == NULL || valid == NULL || vec == NULL || arg == NULL)
    return lb_error_nomem(err, "expression");
  for (size_t i = 0; i <= n; i++) {
    vec[i].any = &room[i];
    vec[i].valid = &valid[i];
    if (i == n) break;
    arg[i] = &vec[i];
    lb_vec_fill(&vec[i], &program->op[program->arg[op->first + i]].value, 1);
  }
  lb_str bytes = {0};
  lb_block block = {.n = 1, .op = program->n_op, .tally = tally, .bytes = &bytes};
  op->kernel(&block, op, arg, &vec[n]);
  op->value = (lb_const){.type = op->type, .node = op->node};
  bool done = !bytes.failed && read_const(program, &vec[n], &op->value);
  lb_str_reset(&bytes);
  if (!done) return lb_error_nomem(err, "expression");
  op->kernel = NULL;
  op->constant = true;
  op->n = 0;
  return LB_OK;
}

lb_status lb_program_add(lb_program *program, const lb_op *op, const size_t *args, size_t n,
                         lb_tally *tally, size_t *out, lb_error *err)
{
  lb_op made = *op;
  bool constant = made.kernel != NULL;
  void *list = program->arg, *ops = program->op;
  bool room = lb_array_grow(&ops, &program->op_capacity, program->n_op, sizeof made);
  program->op = ops;
  made.first = program->n_arg;
  made.n = n;
  for (size_t i = 0; room && i < n; i++) {
    room = lb_array_grow(&list, &program->arg_capacity, program->n_arg + i, sizeof(size_t));
    program->arg = list;
    if (!room) break;
    program->arg[program->n_arg + i] = args[i];
    constant = constant && program->op[args[i]].constant;
    made.outer = made.outer || program->op[args[i]].outer;
  }
  if (!room) return lb_error_nomem(err, "expression");
  if (constant) {
    lb_status st = fold(program, &made, tally, err);
    if (st != LB_OK) return st;
  }
  program->n_arg += made.n;
  program->op[program->n_op] = made;
  *out = program->n_op++;
  return LB_OK;
}
