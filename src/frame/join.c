/* join.c - joins by equal keys: rows of one side found by code for every row of the other. */
#include "frame/join.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/progress.h"

#define POLL_ROWS 65536u
#define MAX_ROWS  ((size_t)UINT32_MAX)

void lb_row_pairs_reset(lb_row_pairs *pairs)
{
  lb_mem_free(pairs->left);
  lb_mem_free(pairs->right);
  *pairs = (lb_row_pairs){0};
}

/* What a join needs to know of each code. */
typedef struct join_job {
  lb_key_codes codes;
  lb_key_index right;
  lb_row *left_count;
} join_job;

static void job_reset(join_job *job)
{
  lb_key_codes_reset(&job->codes);
  lb_key_index_reset(&job->right);
  lb_mem_free(job->left_count);
}

static size_t right_count(const join_job *job, lb_row code)
{
  return code == LB_NO_ROW ? 0 : job->right.start[code + 1] - job->right.start[code];
}

static lb_status job_init(join_job *job, const lb_key_pair *pair, lb_error *err)
{
  lb_status st = lb_keys_match(pair, &job->codes, err);
  if (st != LB_OK) return st;
  const lb_key_codes *codes = &job->codes;
  st = lb_key_index_make(codes->right, codes->n_right, codes->n_codes, &job->right, err);
  if (st != LB_OK) return st;
  job->left_count = lb_mem_zero(codes->n_codes, sizeof *job->left_count);
  if (job->left_count == NULL) return lb_error_nomem(err, "join");
  for (size_t i = 0; i < codes->n_left; i++)
    if (codes->left[i] != LB_NO_ROW) job->left_count[codes->left[i]]++;
  return LB_OK;
}

static lb_status refuse_many(size_t n_keys, size_t n_left, size_t n_right, lb_error *err)
{
  lb_error_set(err, LB_EDATA,
               "%zu %s several times on both sides (%zu rows on the left, %zu on the right)",
               n_keys, n_keys == 1 ? "key occurs" : "keys occur", n_left, n_right);
  return lb_error_mend(err, "Name more key columns, make one side :distinct first, or pass many = "
                            "true to have every combination.");
}

/* Counts matches and refuses keys that are several on both sides. */
static lb_status count_matches(const join_job *job, bool many, lb_row_pairs *out, lb_error *err)
{
  const lb_key_codes *codes = &job->codes;
  size_t n_left = 0, n_right = 0;
  for (size_t c = 0; c < codes->n_codes; c++) {
    size_t left = job->left_count[c], right = right_count(job, (lb_row)c);
    if (left > 0 && right > 0) out->n_matched += left;
    if (left == 0) out->n_right_unmatched += right;
    if (left < 2 || right < 2) continue;
    out->n_many++;
    n_left += left;
    n_right += right;
  }
  for (size_t i = 0; i < codes->n_right; i++)
    out->n_right_unmatched += codes->right[i] == LB_NO_ROW;
  out->n_left_missing = codes->n_left_missing;
  out->n_right_missing = codes->n_right_missing;
  return out->n_many == 0 || many ? LB_OK : refuse_many(out->n_many, n_left, n_right, err);
}

/* Rows that a left row with so many partners gives. */
static size_t rows_made(lb_join_kind kind, size_t partners)
{
  switch (kind) {
  case LB_JOIN_INNER:
    return partners;
  case LB_JOIN_LEFT:
    return partners == 0 ? 1 : partners;
  case LB_JOIN_SEMI:
    return partners > 0;
  default:
    return partners == 0;
  }
}

static lb_status write_pairs(const join_job *job, lb_join_kind kind, lb_row_pairs *out,
                             lb_error *err)
{
  const lb_key_codes *codes = &job->codes;
  bool both = kind == LB_JOIN_INNER || kind == LB_JOIN_LEFT;
  size_t n = 0;
  for (size_t i = 0; i < codes->n_left; i++)
    n += rows_made(kind, right_count(job, codes->left[i])); /* 2^64 rows are out of reach */
  if (n > MAX_ROWS)
    return lb_error_set(err, LB_EDATA, "the join would have %zu rows; a frame holds at most %zu", n,
                        MAX_ROWS);
  out->left = lb_mem_array(n, sizeof *out->left);
  out->right = both ? lb_mem_array(n, sizeof *out->right) : NULL;
  if (out->left == NULL || (both && out->right == NULL)) return lb_error_nomem(err, "join");
  for (size_t i = 0; i < codes->n_left; i++) {
    if (i % POLL_ROWS == 0) {
      if (lb_interrupted()) return lb_error_interrupted(err);
      if (i > 0) lb_progress_step(POLL_ROWS);
    }
    size_t partners = right_count(job, codes->left[i]), made = rows_made(kind, partners);
    for (size_t j = 0; j < made; j++, out->n++) {
      out->left[out->n] = (lb_row)i;
      if (!both) continue;
      out->right[out->n] =
          partners == 0 ? LB_NO_ROW : job->right.row[job->right.start[codes->left[i]] + j];
    }
  }
  return LB_OK;
}

lb_status lb_join_rows(const lb_key_pair *pair, lb_join_kind kind, bool many, lb_row_pairs *out,
                       lb_error *err)
{
  join_job job = {0};
  lb_row_pairs made = {0};
  bool multiplies = kind == LB_JOIN_INNER || kind == LB_JOIN_LEFT;
  lb_status st = job_init(&job, pair, err);
  if (st == LB_OK) st = count_matches(&job, many || !multiplies, &made, err);
  lb_progress_begin("joining", job.codes.n_left);
  if (st == LB_OK) st = write_pairs(&job, kind, &made, err);
  lb_progress_end();
  job_reset(&job);
  if (st == LB_OK)
    *out = made;
  else
    lb_row_pairs_reset(&made);
  return st;
}
