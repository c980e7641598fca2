/* exec.c - evaluation in blocks of 1024 rows with registers; rows are cut into chunks that may run
 * in parallel. */
#include "expr/exec.h"
#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "expr/bits_kernel.h"
#include <string.h>

#define CHUNK_ROWS    (64 * 1024) /* a multiple of 64: no two chunks share a word of a bitmap */
#define PARALLEL_ROWS 100000
#define NO_REGISTER   SIZE_MAX

/* One evaluation; what is shared is only read. */
typedef struct plan {
  const lb_exec *exec;
  bool *needed;     /* by operation */
  size_t *last_use; /* by operation: the last operation that reads it */
  size_t *reg;      /* by operation */
  size_t n_reg;
  size_t width; /* bytes of a row in a register */
} plan;

/* What one chunk gives. */
typedef struct chunk {
  lb_status status;
  lb_tally tally;
  lb_str bytes; /* text of its rows */
  size_t n_true, n_false, n_missing, n_kept;
  size_t first_kept; /* rows kept in the chunks before */
} chunk;

typedef struct job {
  plan plan;
  chunk *chunk;
  size_t n_chunk;
  /* Where the values go: rows kept, as bits in `values` and then listed, or values with valid */
  bool rows_wanted, reject;
  lb_row *rows;
  void *values; /* text: lengths, later offsets, from element 1 on */
  uint8_t *valid;
} job;

/* Registers of one chunk. */
typedef struct scratch {
  lb_vec *vec; /* by operation */
  lb_str *bytes;
  const lb_vec **arg;
  unsigned char *slab;
} scratch;

/* Planning --------------------------------------------------------------------------------- */

static void mark_needed(plan *p)
{
  const lb_program *program = p->exec->program;
  p->needed[p->exec->root] = true;
  p->last_use[p->exec->root] = SIZE_MAX;
  for (size_t i = p->exec->root + 1; i-- > 0;) {
    const lb_op *op = &program->op[i];
    if (!p->needed[i]) continue;
    if (op->type == LB_TEXT) p->width = sizeof(lb_span);
    if (op->aggregate != 0) continue; /* an input here: its operands are another evaluation's */
    for (size_t k = 0; k < op->n; k++) {
      size_t a = program->arg[op->first + k];
      p->needed[a] = true;
      if (p->last_use[a] < i) p->last_use[a] = i;
    }
  }
}

/* A register is free again after the last use of its value; constants keep theirs. */
static bool assign_registers(plan *p)
{
  const lb_program *program = p->exec->program;
  size_t *unused = lb_mem_array(p->exec->root + 1, sizeof *unused), n_unused = 0;
  if (unused == NULL) return false;
  for (size_t i = 0; i <= p->exec->root; i++) {
    const lb_op *op = &program->op[i];
    p->reg[i] = NO_REGISTER;
    if (!p->needed[i] || op->list) continue;
    p->reg[i] = n_unused > 0 && !op->constant ? unused[--n_unused] : p->n_reg++;
    if (op->aggregate != 0) continue;
    for (size_t k = 0; k < op->n; k++) {
      size_t a = program->arg[op->first + k];
      if (p->last_use[a] != i || program->op[a].constant || p->reg[a] == NO_REGISTER) continue;
      unused[n_unused++] = p->reg[a];
      p->last_use[a] = SIZE_MAX; /* an operand given twice frees its register once */
    }
  }
  lb_mem_free(unused);
  return true;
}

static void plan_reset(plan *p)
{
  lb_mem_free(p->needed);
  lb_mem_free(p->last_use);
  lb_mem_free(p->reg);
}

static lb_status plan_make(const lb_exec *exec, plan *out, lb_error *err)
{
  size_t n = exec->root + 1;
  plan p = {.exec = exec, .width = sizeof(double)};
  p.needed = lb_mem_zero(n, sizeof *p.needed);
  p.last_use = lb_mem_zero(n, sizeof *p.last_use);
  p.reg = lb_mem_array(n, sizeof *p.reg);
  bool made = p.needed != NULL && p.last_use != NULL && p.reg != NULL;
  if (made) {
    mark_needed(&p);
    made = assign_registers(&p);
  }
  if (!made) {
    plan_reset(&p);
    return lb_error_nomem(err, "evaluation");
  }
  *out = p;
  return LB_OK;
}

/* Registers -------------------------------------------------------------------------------- */

static void scratch_reset(scratch *s, const plan *p)
{
  for (size_t i = 0; s->bytes != NULL && i <= p->exec->root; i++) lb_str_reset(&s->bytes[i]);
  lb_mem_free(s->vec);
  lb_mem_free(s->bytes);
  lb_mem_free(s->arg);
  lb_mem_free(s->slab);
}

/* Codes and spans of missing rows may be looked up before their presence is: they begin as 0.
 * Numbers of missing rows are computed with, to no effect. */
static void *new_slab(const plan *p, size_t row_bytes, size_t rows)
{
  const lb_op *op = p->exec->program->op;
  bool numbers = true;
  for (size_t i = 0; i <= p->exec->root; i++)
    numbers = numbers && op[i].type != LB_FACTOR && op[i].type != LB_TEXT;
  return numbers ? lb_mem_array(rows, row_bytes) : lb_mem_zero(rows, row_bytes);
}

static bool scratch_make(const plan *p, size_t rows, scratch *out)
{
  size_t n = p->exec->root + 1, most = 0;
  const lb_op *op = p->exec->program->op;
  for (size_t i = 0; i < n; i++)
    if (op[i].n > most) most = op[i].n;
  size_t stride = (rows + 15) / 16 * 16;
  scratch s = {0};
  s.vec = lb_mem_zero(n, sizeof *s.vec);
  s.bytes = lb_mem_zero(n, sizeof *s.bytes);
  s.arg = lb_mem_array(most + 1, sizeof *s.arg);
  s.slab = new_slab(p, p->n_reg * (p->width + 1), stride);
  if (s.vec == NULL || s.bytes == NULL || s.arg == NULL || s.slab == NULL) {
    scratch_reset(&s, p);
    return false;
  }
  for (size_t i = 0; i < n; i++) {
    if (p->reg[i] == NO_REGISTER) continue;
    unsigned char *at = s.slab + p->reg[i] * stride * (p->width + 1);
    s.vec[i] = (lb_vec){.any = at, .valid = at + stride * p->width};
    if (op[i].constant) lb_vec_fill(&s.vec[i], &op[i].value, rows);
  }
  *out = s;
  return true;
}

/* Columns in ------------------------------------------------------------------------------- */

static void load_text(const lb_column *column, size_t start, size_t n, lb_vec *out)
{
  for (size_t i = 0; i < n; i++) {
    out->text[i] = (lb_span){"", 0};
    if (out->valid[i]) out->text[i].data = lb_column_text(column, start + i, &out->text[i].length);
  }
}

/* Numbers are read in place; bits and text are expanded into the register. */
static void load(const lb_column *column, size_t start, size_t n, lb_vec *out)
{
  lb_bits_expand(lb_column_valid(column), start, n, out->valid);
  switch (lb_column_type(column)) {
  case LB_REAL:
    out->real = (double *)lb_column_real(column) + start;
    return;
  case LB_INTEGER:
  case LB_DATETIME:
    out->integer = (int64_t *)lb_column_integer(column) + start;
    return;
  case LB_FACTOR:
    out->code = (int32_t *)lb_column_codes(column) + start;
    return;
  case LB_DATE:
    out->code = (int32_t *)lb_column_days(column) + start;
    return;
  case LB_TEXT:
    load_text(column, start, n, out);
    return;
  case LB_LOGICAL:
    lb_bits_expand(lb_column_logical(column), start, n, out->logical);
    for (size_t i = 0; i < n; i++) out->logical[i] &= out->valid[i];
  }
}

static bool run_block(const plan *p, scratch *s, size_t start, size_t n, lb_tally *tally)
{
  const lb_program *program = p->exec->program;
  bool failed = false;
  for (size_t i = 0; i <= p->exec->root; i++) {
    const lb_op *op = &program->op[i];
    if (p->reg[i] == NO_REGISTER || op->constant) continue;
    if (p->exec->input[i] != NULL) {
      load(p->exec->input[i], start, n, &s->vec[i]);
      continue;
    }
    for (size_t k = 0; k < op->n; k++) s->arg[k] = &s->vec[program->arg[op->first + k]];
    s->bytes[i].length = 0;
    lb_block block = {.n = n, .op = i, .tally = tally, .bytes = &s->bytes[i]};
    op->kernel(&block, op, s->arg, &s->vec[i]);
    failed = failed || s->bytes[i].failed;
  }
  return !failed;
}

/* Values out ------------------------------------------------------------------------------- */

static bool store_text(const lb_vec *v, size_t start, size_t n, job *j, chunk *c)
{
  int64_t *length = (int64_t *)j->values + 1 + start;
  for (size_t i = 0; i < n; i++) {
    length[i] = v->valid[i] ? (int64_t)v->text[i].length : 0;
    if (length[i] > 0) lb_str_add(&c->bytes, v->text[i].data, v->text[i].length);
  }
  return !c->bytes.failed;
}

static bool store(const lb_vec *v, lb_type type, size_t start, size_t n, job *j, chunk *c)
{
  c->n_missing += n - lb_bits_count_bytes(v->valid, n);
  lb_bits_pack(v->valid, start, n, j->valid);
  if (type == LB_TEXT) return store_text(v, start, n, j, c);
  if (type == LB_LOGICAL) lb_bits_pack(v->logical, start, n, j->values);
  return true; /* other values are where they belong: direct_values */
}

/* Which rows are kept, as bits in `values`. */
static void store_choice(const lb_vec *v, size_t start, size_t n, job *j, chunk *c)
{
  size_t n_true = lb_bits_count_bytes(v->logical, n), present = lb_bits_count_bytes(v->valid, n);
  uint8_t *bits = j->values;
  lb_bits_pack(v->logical, start, n, bits);
  if (j->reject)
    for (size_t i = start / 8; i < lb_bitmap_bytes(start + n); i++) bits[i] ^= 0xff;
  c->n_kept += j->reject ? n - n_true : n_true;
  c->n_true += n_true;
  c->n_false += present - n_true;
  c->n_missing += n - present;
}

/* Values of fixed width are computed where they stay. Constants have theirs in a register. */
static bool direct_values(const job *j)
{
  const lb_exec *exec = j->plan.exec;
  const lb_op *op = &exec->program->op[exec->root];
  return !j->rows_wanted && op->type != LB_TEXT && op->type != LB_LOGICAL && !op->constant;
}

static bool store_block(const lb_vec *v, size_t start, size_t n, job *j, chunk *c)
{
  const lb_exec *exec = j->plan.exec;
  const lb_op *op = &exec->program->op[exec->root];
  size_t width = lb_type_width(op->type);
  if (j->rows_wanted) {
    store_choice(v, start, n, j, c);
    return true;
  }
  if (op->constant && op->type != LB_TEXT && op->type != LB_LOGICAL)
    memcpy((unsigned char *)j->values + start * width, v->any, n * width);
  return store(v, op->type, start, n, j, c);
}

static void run_chunk(void *context, size_t number)
{
  job *j = context;
  const plan *p = &j->plan;
  chunk *c = &j->chunk[number];
  size_t first = number * CHUNK_ROWS, end = first + CHUNK_ROWS;
  size_t width = lb_type_width(p->exec->program->op[p->exec->root].type);
  bool direct = direct_values(j);
  if (end > p->exec->n) end = p->exec->n;
  scratch s;
  c->status = LB_ENOMEM;
  if (!scratch_make(p, end - first < LB_BLOCK_ROWS ? end - first : LB_BLOCK_ROWS, &s)) return;
  for (size_t at = first; at < end; at += LB_BLOCK_ROWS) {
    size_t n = end - at < LB_BLOCK_ROWS ? end - at : LB_BLOCK_ROWS;
    lb_vec *v = &s.vec[p->exec->root];
    if (lb_interrupted()) {
      c->status = LB_EINTR;
      goto done;
    }
    if (direct) v->any = (unsigned char *)j->values + at * width;
    if (!run_block(p, &s, at, n, &c->tally) || !store_block(v, at, n, j, c)) goto done;
  }
  c->status = LB_OK;
done:
  scratch_reset(&s, p);
}

/* The whole -------------------------------------------------------------------------------- */

static void job_reset(job *j)
{
  for (size_t i = 0; j->chunk != NULL && i < j->n_chunk; i++) lb_str_reset(&j->chunk[i].bytes);
  plan_reset(&j->plan);
  lb_mem_free(j->chunk);
  lb_mem_free(j->rows);
  lb_mem_free(j->values);
  lb_mem_free(j->valid);
}

static lb_status job_run(job *j, lb_tally *tally, lb_error *err)
{
  size_t n = j->plan.exec->n;
  j->n_chunk = (n + CHUNK_ROWS - 1) / CHUNK_ROWS;
  j->chunk = lb_mem_zero(j->n_chunk, sizeof *j->chunk);
  if (j->chunk == NULL) return lb_error_nomem(err, "evaluation");
  if (!lb_parallel(j->n_chunk, n >= PARALLEL_ROWS, run_chunk, j)) return lb_error_interrupted(err);
  for (size_t i = 0; i < j->n_chunk; i++) {
    const chunk *c = &j->chunk[i];
    if (c->status == LB_EINTR) return lb_error_interrupted(err);
    if (c->status != LB_OK) return lb_error_nomem(err, "evaluation");
    for (size_t k = 0; k < LB_TALLY_KINDS; k++) tally->count[k] += c->tally.count[k];
    if (tally->overflow == 0) tally->overflow = c->tally.overflow;
  }
  return LB_OK;
}

static lb_status job_alloc_values(job *j, lb_type type, lb_error *err)
{
  size_t n = j->plan.exec->n;
  if (type == LB_LOGICAL)
    j->values = lb_mem_alloc(lb_bitmap_bytes(n));
  else if (type == LB_TEXT)
    j->values = lb_mem_array(n + 1, sizeof(int64_t));
  else
    j->values = lb_mem_array(n, lb_type_width(type));
  j->valid = lb_mem_alloc(lb_bitmap_bytes(n));
  return j->values == NULL || j->valid == NULL ? lb_error_nomem(err, "column") : LB_OK;
}

/* Chunks' bytes in one block; lengths become offsets. */
static lb_status finish_text(job *j, lb_column **out, lb_error *err)
{
  int64_t *offset = j->values;
  size_t n = j->plan.exec->n, total = 0;
  for (size_t i = 0; i < j->n_chunk; i++) total += j->chunk[i].bytes.length;
  char *bytes = lb_mem_alloc(total);
  if (bytes == NULL) return lb_error_nomem(err, "text");
  for (size_t i = 0, at = 0; i < j->n_chunk; i++) {
    const lb_str *s = &j->chunk[i].bytes;
    if (s->length > 0) memcpy(bytes + at, s->data, s->length);
    at += s->length;
  }
  offset[0] = 0;
  for (size_t i = 0; i < n; i++) offset[i + 1] += offset[i];
  uint8_t *valid = j->valid;
  j->values = NULL;
  j->valid = NULL;
  return lb_column_new_text(n, offset, bytes, valid, out, err);
}

static lb_status finish_column(job *j, const lb_op *op, lb_column **out, lb_error *err)
{
  size_t missing = 0;
  for (size_t i = 0; i < j->n_chunk; i++) missing += j->chunk[i].n_missing;
  if (missing == 0) {
    lb_mem_free(j->valid);
    j->valid = NULL;
  }
  if (op->type == LB_TEXT) return finish_text(j, out, err);
  void *values = j->values;
  uint8_t *valid = j->valid;
  j->values = NULL;
  j->valid = NULL;
  if (op->type == LB_FACTOR)
    return lb_column_new_factor(j->plan.exec->n, values, (lb_column *)op->levels, op->ordered,
                                valid, out, err);
  return lb_column_new(op->type, j->plan.exec->n, values, valid, out, err);
}

lb_status lb_exec_column(const lb_exec *exec, lb_tally *tally, lb_column **out, lb_error *err)
{
  const lb_op *op = &exec->program->op[exec->root];
  if (exec->input[exec->root] != NULL) { /* a bare column keeps its label and is shared */
    *out = lb_column_retain((lb_column *)exec->input[exec->root]);
    return LB_OK;
  }
  job j = {0};
  lb_status st = plan_make(exec, &j.plan, err);
  if (st != LB_OK) return st;
  st = job_alloc_values(&j, op->type, err);
  if (st == LB_OK) st = job_run(&j, tally, err);
  if (st == LB_OK && tally->overflow == 0) st = finish_column(&j, op, out, err);
  job_reset(&j);
  return st;
}

static void list_chunk(void *context, size_t number)
{
  const job *j = context;
  size_t first = number * CHUNK_ROWS, left = j->plan.exec->n - first;
  (void)lb_bits_rows(j->values, first, left < CHUNK_ROWS ? left : CHUNK_ROWS,
                     j->rows + j->chunk[number].first_kept);
}

/* The numbers of the rows kept, when all chunks know how many they have. */
static lb_status list_rows(job *j, lb_selection *out, lb_error *err)
{
  lb_selection result = {0};
  size_t kept = 0;
  for (size_t i = 0; i < j->n_chunk; i++) {
    chunk *c = &j->chunk[i];
    c->first_kept = kept;
    kept += c->n_kept;
    result.n_true += c->n_true;
    result.n_false += c->n_false;
    result.n_missing += c->n_missing;
  }
  j->rows = lb_mem_array(kept, sizeof *j->rows);
  if (j->rows == NULL) return lb_error_nomem(err, "rows");
  if (!lb_parallel(j->n_chunk, j->plan.exec->n >= PARALLEL_ROWS, list_chunk, j))
    return lb_error_interrupted(err);
  result.rows = j->rows;
  j->rows = NULL;
  *out = result;
  return LB_OK;
}

lb_status lb_exec_rows(const lb_exec *exec, bool reject, lb_tally *tally, lb_selection *out,
                       lb_error *err)
{
  job j = {.rows_wanted = true, .reject = reject};
  lb_status st = plan_make(exec, &j.plan, err);
  if (st != LB_OK) return st;
  j.values = lb_mem_alloc(lb_bitmap_bytes(exec->n));
  st = j.values == NULL ? lb_error_nomem(err, "rows") : job_run(&j, tally, err);
  if (st == LB_OK && tally->overflow == 0) st = list_rows(&j, out, err);
  job_reset(&j);
  return st;
}
