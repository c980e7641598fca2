/* join_time.c - joins by time: the nearest row before or after, and intervals that hold a time. */
#include <math.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/sort.h"
#include "frame/join.h"

#define POLL_ROWS        65536u
#define MAX_ROWS         ((size_t)UINT32_MAX)
#define FEW_LEFT         4u /* left rows a key up to which streaming the right side is quicker */
#define MICROSECONDS_DAY 86400e6

/* ---- times ---- */

static bool is_number(lb_type type)
{
  return type == LB_REAL || type == LB_INTEGER;
}

static lb_status check_times(const lb_key_pair *pair, size_t l, size_t r, lb_error *err)
{
  if (l >= lb_frame_columns(pair->left) || r >= lb_frame_columns(pair->right))
    return lb_error_set(err, LB_EARG, "no such time column");
  lb_type a = lb_column_type(lb_frame_column_source(pair->left, l));
  lb_type b = lb_column_type(lb_frame_column_source(pair->right, r));
  bool same = a == b && (a == LB_DATE || a == LB_DATETIME);
  if (same || (is_number(a) && is_number(b))) return LB_OK;
  lb_error_set(err, LB_ETYPE, "times: '%s' is %s, '%s' is %s", lb_frame_name(pair->left, l),
               lb_type_name(a), lb_frame_name(pair->right, r), lb_type_name(b));
  return lb_error_mend(err, "Both must be dates, both date-times, or both numbers.");
}

static void fill_times(const lb_column *source, double *times)
{
  size_t n = lb_column_length(source);
  const uint8_t *valid = lb_column_valid(source);
  switch (lb_column_type(source)) {
  case LB_DATE:
    for (size_t i = 0; i < n; i++) times[i] = lb_column_days(source)[i];
    break;
  case LB_REAL:
    memcpy(times, lb_column_real(source), n * sizeof *times);
    break;
  default:
    for (size_t i = 0; i < n; i++) times[i] = (double)lb_column_integer(source)[i];
  }
  for (size_t i = 0; i < n && valid != NULL; i++)
    if (!lb_bit_get(valid, i)) times[i] = (double)NAN;
}

/* Times as numbers, NaN where missing; lb_mem_free. Exact for dates, and for integers and
 * date-times below 2^53. */
static lb_status times_of(const lb_frame *frame, size_t column, double **out, lb_error *err)
{
  const lb_column *source;
  lb_status st = lb_frame_column(frame, column, &source, err);
  if (st != LB_OK) return st;
  size_t n = lb_column_length(source);
  double *times = lb_mem_array(n, sizeof *times);
  if (times == NULL) return lb_error_nomem(err, "times");
  fill_times(source, times);
  *out = times;
  return LB_OK;
}

/* ---- as-of ---- */

typedef struct asof_job {
  const lb_asof_options *options;
  double within;
  lb_key_codes codes;
  lb_key_index left, right; /* right: by code, then time, when it is searched */
  double *left_time, *right_time;
  lb_row *best; /* of each left row */
  lb_row *only; /* the one left row of each code, or LB_NO_ROW */
} asof_job;

static void asof_reset(asof_job *job)
{
  lb_key_codes_reset(&job->codes);
  lb_key_index_reset(&job->left);
  lb_key_index_reset(&job->right);
  lb_mem_free(job->left_time);
  lb_mem_free(job->right_time);
  lb_mem_free(job->best);
  lb_mem_free(job->only);
}

/* Is a right time allowed for a left time? NaN never is. */
static bool is_allowed(const asof_job *job, double time, double candidate)
{
  if (candidate == time) return true; /* infinite times too */
  lb_asof_direction direction = job->options->direction;
  if (direction == LB_ASOF_BEFORE && !(candidate < time)) return false;
  if (direction == LB_ASOF_AFTER && !(candidate > time)) return false;
  return fabs(candidate - time) <= job->within;
}

/* Is a candidate nearer than the best so far, or as near? On one side of the time the times
 * themselves decide: differences round. */
static bool is_as_near(double time, double candidate, double best)
{
  if (candidate <= time && best <= time) return candidate >= best;
  if (candidate >= time && best >= time) return candidate <= best;
  return fabs(candidate - time) <= fabs(best - time);
}

/* Right rows in their order, each offered to the left rows of its key. */
static lb_status stream_right(asof_job *job, lb_error *err)
{
  for (size_t r = 0; r < job->codes.n_right; r++) {
    if (r % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
    lb_row code = job->codes.right[r];
    if (code == LB_NO_ROW) continue;
    double candidate = job->right_time[r];
    for (size_t i = job->left.start[code]; i < job->left.start[code + 1]; i++) {
      lb_row l = job->left.row[i], best = job->best[l];
      if (!is_allowed(job, job->left_time[l], candidate)) continue;
      if (best == LB_NO_ROW || is_as_near(job->left_time[l], candidate, job->right_time[best]))
        job->best[l] = (lb_row)r;
    }
  }
  return LB_OK;
}

/* ---- one left row a key ---- */

/* Fills job->only; *unique false: a key has several left rows. */
static lb_status find_only(asof_job *job, bool *unique, lb_error *err)
{
  const lb_key_codes *codes = &job->codes;
  size_t twice = 0;
  job->only = lb_mem_array(codes->n_codes, sizeof *job->only);
  if (job->only == NULL) return lb_error_nomem(err, "join by time");
  for (size_t c = 0; c < codes->n_codes; c++) job->only[c] = LB_NO_ROW;
  for (size_t l = 0; l < codes->n_left && twice == 0; l++) {
    if (codes->left[l] == LB_NO_ROW) continue;
    twice += job->only[codes->left[l]] != LB_NO_ROW;
    job->only[codes->left[l]] = (lb_row)l;
  }
  *unique = twice == 0;
  return LB_OK;
}

/* What a left row waits for, together in one cache line. Times are turned for LB_ASOF_AFTER, so
 * that the best is always the latest not after `time`. */
typedef struct waiting {
  double time, nearest;
  lb_row best;
} waiting;

/* Right rows of a block offered to the one left row of their key. No branch looks at the times:
 * whether a laboratory value lies before the procedure is as good as random. */
static void offer_block(const asof_job *job, double turn, size_t start, size_t end, waiting *left)
{
  const lb_row *code = job->codes.right, *only = job->only;
  for (size_t r = start; r < end; r++) {
    lb_row l = code[r] == LB_NO_ROW ? LB_NO_ROW : only[code[r]];
    if (l == LB_NO_ROW) continue;
    waiting *w = &left[l];
    double candidate = job->right_time[r] * turn;
    bool better =
        (candidate <= w->time) & !(w->time - candidate > job->within) & (candidate >= w->nearest);
    w->best = better ? (lb_row)r : w->best;
    w->nearest = better ? candidate : w->nearest;
  }
}

static lb_status stream_only(asof_job *job, lb_error *err)
{
  size_t n = job->codes.n_left, n_right = job->codes.n_right;
  double turn = job->options->direction == LB_ASOF_AFTER ? -1 : 1;
  waiting *left = lb_mem_array(n, sizeof *left);
  if (left == NULL) return lb_error_nomem(err, "join by time");
  for (size_t l = 0; l < n; l++)
    left[l] = (waiting){job->left_time[l] * turn, (double)-INFINITY, LB_NO_ROW};
  lb_status st = LB_OK;
  for (size_t start = 0; start < n_right && st == LB_OK; start += POLL_ROWS) {
    offer_block(job, turn, start, n_right - start < POLL_ROWS ? n_right : start + POLL_ROWS, left);
    if (lb_interrupted()) st = lb_error_interrupted(err);
  }
  for (size_t l = 0; l < n; l++) job->best[l] = left[l].best;
  lb_mem_free(left);
  return st;
}

/* ---- several left rows a key ---- */

/* Right rows by code and, within a code, by time; rows without a time have no place. */
static lb_status index_by_time(const double *time, const lb_row *code, size_t n, size_t n_codes,
                               lb_key_index *out)
{
  lb_error *err = NULL;
  lb_row *order = lb_mem_array(n, sizeof *order), *sorted = lb_mem_array(n, sizeof *sorted);
  lb_status st = LB_ENOMEM;
  if (order != NULL && sorted != NULL && lb_sort_order_real(time, n, order)) {
    for (size_t i = 0; i < n; i++) sorted[i] = isnan(time[order[i]]) ? LB_NO_ROW : code[order[i]];
    st = lb_key_index_make(sorted, n, n_codes, out, err);
  }
  if (st == LB_OK)
    for (size_t i = 0; i < out->start[n_codes]; i++) out->row[i] = order[out->row[i]];
  lb_mem_free(order);
  lb_mem_free(sorted);
  return st;
}

/* First place in row[low .. high) whose time is > time, or >= when `or_equal`. */
static size_t first_after(const lb_row *row, const double *times, size_t low, size_t high,
                          double time, bool or_equal)
{
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    double here = times[row[middle]];
    if (here > time || (or_equal && here == time))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

static void search_one(asof_job *job, lb_row l, lb_row code)
{
  const lb_row *row = job->right.row;
  const double *times = job->right_time;
  size_t start = job->right.start[code], end = job->right.start[code + 1];
  double time = job->left_time[l];
  if (isnan(time)) return;
  lb_row before = LB_NO_ROW, after = LB_NO_ROW;
  size_t above = first_after(row, times, start, end, time, false);
  if (above > start && is_allowed(job, time, times[row[above - 1]])) before = row[above - 1];
  size_t from = first_after(row, times, start, end, time, true);
  if (from < end) { /* the last of those at the next time */
    size_t last = first_after(row, times, from, end, times[row[from]], false) - 1;
    if (is_allowed(job, time, times[row[last]])) after = row[last];
  }
  if (before == LB_NO_ROW || after == LB_NO_ROW) {
    job->best[l] = before == LB_NO_ROW ? after : before;
    return;
  }
  double to_before = time - times[before], to_after = times[after] - time;
  bool tied = times[before] == times[after] || to_before == to_after;
  if (tied)
    job->best[l] = before > after ? before : after;
  else
    job->best[l] = to_before < to_after ? before : after;
}

static lb_status search_right(asof_job *job, lb_error *err)
{
  const lb_key_codes *codes = &job->codes;
  lb_status st =
      index_by_time(job->right_time, codes->right, codes->n_right, codes->n_codes, &job->right);
  if (st != LB_OK) return lb_error_nomem(err, "join by time");
  for (size_t l = 0; l < codes->n_left; l++) {
    if (l % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
    if (codes->left[l] != LB_NO_ROW) search_one(job, (lb_row)l, codes->left[l]);
  }
  return LB_OK;
}

static bool few_left(const asof_job *job)
{
  for (size_t c = 0; c < job->codes.n_codes; c++)
    if (job->left.start[c + 1] - job->left.start[c] > FEW_LEFT) return false;
  return true;
}

static lb_status find_best(asof_job *job, lb_error *err)
{
  const lb_key_codes *codes = &job->codes;
  bool unique = false;
  lb_status st = LB_OK;
  if (job->options->direction != LB_ASOF_NEAREST) st = find_only(job, &unique, err);
  if (st == LB_OK && unique) return stream_only(job, err);
  if (st == LB_OK)
    st = lb_key_index_make(codes->left, codes->n_left, codes->n_codes, &job->left, err);
  if (st != LB_OK) return st;
  return few_left(job) ? stream_right(job, err) : search_right(job, err);
}

static size_t count_without(const lb_row *code, const double *a, const double *b, size_t n)
{
  size_t missing = 0;
  for (size_t i = 0; i < n; i++)
    missing += code[i] != LB_NO_ROW && (isnan(a[i]) || (b != NULL && isnan(b[i])));
  return missing;
}

/* The best of each left row as pairs; takes job->best. */
static lb_status asof_pairs(asof_job *job, lb_row_pairs *out, lb_error *err)
{
  const lb_key_codes *codes = &job->codes;
  uint8_t *taken = lb_bitmap_new(codes->n_right, false);
  lb_row *left = lb_mem_array(codes->n_left, sizeof *left);
  if (taken == NULL || left == NULL) {
    lb_mem_free(taken);
    lb_mem_free(left);
    return lb_error_nomem(err, "join by time");
  }
  *out = (lb_row_pairs){.n = codes->n_left, .left = left, .right = job->best};
  job->best = NULL;
  for (size_t l = 0; l < codes->n_left; l++) {
    left[l] = (lb_row)l;
    if (out->right[l] == LB_NO_ROW) continue;
    out->n_matched++;
    lb_bit_set(taken, out->right[l]);
  }
  out->n_right_unmatched = codes->n_right - lb_bitmap_count(taken, codes->n_right);
  out->n_left_missing =
      codes->n_left_missing + count_without(codes->left, job->left_time, NULL, codes->n_left);
  out->n_right_missing =
      codes->n_right_missing + count_without(codes->right, job->right_time, NULL, codes->n_right);
  lb_mem_free(taken);
  return LB_OK;
}

lb_status lb_asof_rows(const lb_key_pair *pair, const lb_asof_options *options, lb_row_pairs *out,
                       lb_error *err)
{
  asof_job job = {.options = options, .within = options->within};
  lb_key_codes *codes = &job.codes;
  lb_status st = check_times(pair, options->left_time, options->right_time, err);
  if (st != LB_OK) return st;
  lb_type type = lb_column_type(lb_frame_column_source(pair->left, options->left_time));
  if (type == LB_DATETIME) job.within *= MICROSECONDS_DAY;
  st = lb_keys_match(pair, codes, err);
  if (st == LB_OK) st = times_of(pair->left, options->left_time, &job.left_time, err);
  if (st == LB_OK) st = times_of(pair->right, options->right_time, &job.right_time, err);
  if (st != LB_OK) goto done;
  job.best = lb_mem_array(codes->n_left, sizeof *job.best);
  if (job.best == NULL) {
    st = lb_error_nomem(err, "join by time");
    goto done;
  }
  for (size_t l = 0; l < codes->n_left; l++) job.best[l] = LB_NO_ROW;
  st = find_best(&job, err);
  if (st == LB_OK) st = asof_pairs(&job, out, err);
done:
  asof_reset(&job);
  return st;
}

/* ---- intervals ---- */

typedef struct interval_job {
  lb_key_codes codes;
  lb_key_index right;         /* by code, then start */
  double *time, *start, *end; /* NaN where missing */
  double *latest;             /* at a place of right.row: the latest end from its code's first */
  lb_row *found;              /* matches of one left row */
  size_t n_found, found_capacity, capacity;
  uint8_t *taken;
} interval_job;

static void interval_reset(interval_job *job)
{
  lb_key_codes_reset(&job->codes);
  lb_key_index_reset(&job->right);
  lb_mem_free(job->time);
  lb_mem_free(job->start);
  lb_mem_free(job->end);
  lb_mem_free(job->latest);
  lb_mem_free(job->found);
  lb_mem_free(job->taken);
}

static bool push_row(lb_row **rows, size_t n, size_t *capacity, lb_row row)
{
  if (n == *capacity) {
    size_t more = n < 16 ? 16 : n * 2;
    lb_row *grown = lb_mem_resize(*rows, more, sizeof *grown);
    if (grown == NULL) return false;
    *rows = grown;
    *capacity = more;
  }
  (*rows)[n] = row;
  return true;
}

static lb_status check_intervals(const interval_job *job, lb_error *err)
{
  size_t backward = 0;
  for (size_t i = 0; i < job->codes.n_right; i++) backward += job->end[i] < job->start[i];
  if (backward == 0) return LB_OK;
  return lb_error_set(err, LB_EDATA, "%zu %s before %s", backward,
                      backward == 1 ? "interval ends" : "intervals end",
                      backward == 1 ? "it starts" : "they start");
}

static lb_status interval_init(interval_job *job, const lb_key_pair *pair,
                               const lb_interval_options *options, lb_error *err)
{
  lb_status st = check_times(pair, options->time, options->start, err);
  if (st == LB_OK) st = check_times(pair, options->time, options->end, err);
  if (st == LB_OK) st = lb_keys_match(pair, &job->codes, err);
  if (st == LB_OK) st = times_of(pair->left, options->time, &job->time, err);
  if (st == LB_OK) st = times_of(pair->right, options->start, &job->start, err);
  if (st == LB_OK) st = times_of(pair->right, options->end, &job->end, err);
  if (st == LB_OK) st = check_intervals(job, err);
  if (st != LB_OK) return st;
  size_t n = job->codes.n_right;
  for (size_t i = 0; i < n; i++)
    if (isnan(job->end[i])) job->start[i] = (double)NAN; /* has no place in the index either */
  st = index_by_time(job->start, job->codes.right, n, job->codes.n_codes, &job->right);
  job->latest = lb_mem_array(n, sizeof *job->latest);
  job->taken = lb_bitmap_new(n, false);
  if (st != LB_OK || job->latest == NULL || job->taken == NULL)
    return lb_error_nomem(err, "join by interval");
  for (size_t c = 0; c < job->codes.n_codes; c++) {
    double latest = (double)-INFINITY;
    for (size_t i = job->right.start[c]; i < job->right.start[c + 1]; i++) {
      latest = fmax(latest, job->end[job->right.row[i]]);
      job->latest[i] = latest;
    }
  }
  return LB_OK;
}

/* Matches of a left row into job->found, in row order. */
static bool find_intervals(interval_job *job, size_t l)
{
  lb_row code = job->codes.left[l];
  double time = job->time[l];
  job->n_found = 0;
  if (code == LB_NO_ROW || isnan(time)) return true;
  size_t first = job->right.start[code], i = job->right.start[code + 1];
  i = first_after(job->right.row, job->start, first, i, time, false);
  /* Backwards from the last that has started; before a place whose latest end is past, all are. */
  for (; i > first && job->latest[i - 1] > time; i--) {
    lb_row r = job->right.row[i - 1];
    if (!(job->end[r] > time)) continue;
    if (!push_row(&job->found, job->n_found, &job->found_capacity, r)) return false;
    size_t at = job->n_found++;
    for (; at > 0 && job->found[at - 1] > r; at--) job->found[at] = job->found[at - 1];
    job->found[at] = r;
    lb_bit_set(job->taken, r);
  }
  return true;
}

static bool add_found(interval_job *job, size_t l, bool keep, lb_row_pairs *out)
{
  size_t n = job->n_found == 0 && keep ? 1 : job->n_found;
  for (size_t i = 0; i < n; i++, out->n++) {
    size_t right_capacity = job->capacity; /* both lists grow in step */
    lb_row r = job->n_found == 0 ? LB_NO_ROW : job->found[i];
    if (!push_row(&out->right, out->n, &right_capacity, r)) return false;
    if (!push_row(&out->left, out->n, &job->capacity, (lb_row)l)) return false;
  }
  out->n_matched += job->n_found > 0;
  out->n_many += job->n_found > 1;
  return true;
}

static lb_status interval_pairs(interval_job *job, const lb_interval_options *options,
                                lb_row_pairs *out, lb_error *err)
{
  const lb_key_codes *codes = &job->codes;
  /* Both lists exist even when empty: NULL on the right would mean that there is none. */
  out->left = lb_mem_array(0, sizeof *out->left);
  out->right = lb_mem_array(0, sizeof *out->right);
  if (out->left == NULL || out->right == NULL) return lb_error_nomem(err, "join by interval");
  for (size_t l = 0; l < codes->n_left; l++) {
    if (l % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
    if (!find_intervals(job, l) || !add_found(job, l, options->keep, out))
      return lb_error_nomem(err, "join by interval");
    if (out->n > MAX_ROWS)
      return lb_error_set(err, LB_EDATA, "the join has more than %zu rows", MAX_ROWS);
  }
  if (out->n_many == 0 || options->many) return LB_OK;
  lb_error_set(err, LB_EDATA, "%zu %s in several intervals", out->n_many,
               out->n_many == 1 ? "row lies" : "rows lie");
  return lb_error_mend(err, "Mend the overlap, name more key columns, or pass many = true to have "
                            "every combination.");
}

lb_status lb_interval_rows(const lb_key_pair *pair, const lb_interval_options *options,
                           lb_row_pairs *out, lb_error *err)
{
  interval_job job = {0};
  lb_row_pairs made = {0};
  lb_status st = interval_init(&job, pair, options, err);
  if (st == LB_OK) st = interval_pairs(&job, options, &made, err);
  if (st == LB_OK) {
    const lb_key_codes *codes = &job.codes;
    made.n_right_unmatched = codes->n_right - lb_bitmap_count(job.taken, codes->n_right);
    made.n_left_missing =
        codes->n_left_missing + count_without(codes->left, job.time, NULL, codes->n_left);
    made.n_right_missing =
        codes->n_right_missing + count_without(codes->right, job.start, NULL, codes->n_right);
    *out = made;
  } else {
    lb_row_pairs_reset(&made);
  }
  interval_reset(&job);
  return st;
}
