/* cox_work.h - inside the Cox model: data sorted for the walk, and the likelihood at a beta. */
#ifndef LB_SURVIVAL_COX_WORK_H
#define LB_SURVIVAL_COX_WORK_H
#include "stats/survival/cox.h"
#include "stats/survival/cox_kernel.h"
#include "stats/survival/riskset.h"

#define COX_NO_BIN UINT32_MAX

/* One event time of a stratum, with the rows whose time is from this to before the next: walking
 * back, they join the risk set here. */
typedef struct cox_bin {
  double time;
  double event_weight;
  size_t events;    /* rows with the event */
  size_t rows;      /* that join: the events first, then the others */
  size_t leave;     /* rows that leave here, their entry being between this time and the next */
  size_t first_row; /* place of its first row */
  size_t segment;   /* of the events; segment + 1 has the others, if any */
  bool is_first;    /* of its stratum */
} cox_bin;

/* Rows in "places": by stratum, bin, events before others. Columns are centred in each stratum,
 * which changes no risk-set difference, and divided by their standard deviation there; a column
 * that is constant in every stratum is all zero. Segments are runs of places that join the sums
 * together; rows before the first event of their stratum are never at risk, their segment has no
 * bin. */
typedef struct cox_data {
  size_t n, p, n_stratum, n_bin, n_segment;
  size_t n_block, width; /* blocks of COX_ROWS places; columns of a block, p made even */
  uint32_t *row;         /* n: the caller's row at each place */
  size_t *stratum_row;   /* n_stratum + 1: first place */
  size_t *stratum_bin;   /* n_stratum + 1: first bin */
  cox_bin *bin;
  size_t *segment_row;     /* n_segment + 1 */
  uint32_t *segment_bin;   /* n_segment */
  uint32_t *block_segment; /* n_block: segment of the block's first place */
  double *z_room, *z;      /* column j of block b from (b * width + j) * COX_ROWS, padded with 0 */
  double *weight, *offset; /* n; NULL for 1 and 0; the offset is centred in each stratum */
  uint32_t *leave_bin; /* n: bin where it leaves, COX_NO_BIN for never; NULL without late entry */
  double *mean, *scale, *range; /* p: weighted mean; standard deviation (1 if zero); range of z */
  double *event_z;              /* p: sum over events of weight z */
  double event_weight, event_offset; /* sums over events of weight, weight offset */
  size_t n_event;                    /* rows with the event; events of weight 0 are none */
  /* Of a subdistribution hazard (Fine & Gray 1999): a row with a competing event stays at risk
   * after its time, with weight `lasting` times that of the bin. Places in whole blocks, 0 for
   * other rows; NULL for a hazard. Several layers: rows of one stratum differ in the bin's weight,
   * that of layer l from l * n_bin. */
  double *lasting_room, *lasting, *bin_weight;
  size_t n_layer;
  uint32_t *layer; /* n; NULL of one layer */
  /* A table with a place before each bin of a stratum and one after the last: stratum s from
   * stratum_bin[s] + s. n_segment: bins of the stratum up to and with the segment's. */
  uint32_t *slot;
  double *line; /* n x COX_PADDED(p + 1): 1 and z of each place; NULL where it would not pay */
} cox_data;

/* A block whose segments have fewer rows on average sums them side by side. */
#define COX_SHORT_RUN 12

/* Vectors of a whole cache line are read in one go when they begin with one: the first place in a
 * block that does, which has COX_LINE numbers more than are asked for. */
#define COX_LINE 8
static inline double *cox_align(double *room)
{
  size_t bytes = COX_LINE * sizeof(double);
  return room == NULL ? NULL : room + (bytes - (uintptr_t)room % bytes) / sizeof(double);
}

static inline size_t cox_slots(const cox_data *d)
{
  return d->n_bin + d->n_stratum;
}

static inline double cox_z(const cox_data *d, size_t k, size_t j)
{
  return d->z[(k / COX_ROWS * d->width + j) * COX_ROWS + k % COX_ROWS];
}
static inline double cox_weight(const cox_data *d, size_t k)
{
  return d->weight == NULL ? 1 : d->weight[k];
}

/* Passes over blocks, and over bins, run in chunks of them whose number depends on the data alone,
 * so that sums are the same to the last bit for any number of threads. */
typedef struct cox_chunks {
  size_t n, n_items;
} cox_chunks;
#define COX_MAX_CHUNKS    64     /* each holds a p x p matrix */
#define COX_PARALLEL_ROWS 100000 /* below this, threads cost more than they give */
cox_chunks cox_block_chunks(const cox_data *d);
cox_chunks cox_bin_chunks(const cox_data *d);
size_t cox_chunk_start(cox_chunks c, size_t chunk);
/* Rows of block b: COX_ROWS but for the last. */
size_t cox_block_rows(const cox_data *d, size_t block);

lb_status cox_data_new(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                       cox_data *out, lb_error *err);
void cox_data_reset(cox_data *d);
/* Parts of the above: cox_bins.c and cox_columns.c. */
lb_status cox_data_sort(cox_data *d, const lb_surv *y, const lb_partition *strata, lb_error *err);
lb_status cox_data_columns(cox_data *d, const lb_design *x, lb_error *err);
/* The columns as they are, in places; for many rows. LB_ENOMEM, LB_EINTR: cox_place.c. */
lb_status cox_place_columns(cox_data *d, const lb_design *x, lb_error *err);

/* Log-likelihood, score and information at beta (per standard deviation), with what is needed to
 * get there. Sums are p + 1 numbers: of risk, then of risk z. Rows that enter late are taken from
 * sums again, which costs digits: when these could be missed, sums are `exact`, and what rounding
 * dropped from each number follows. */
typedef struct cox_state {
  double log_lik;
  double *score;        /* p */
  double *information;  /* p x p, lower triangle */
  double *crossproduct; /* p: diagonal of Z' diag(w r H) Z, against which a pivot is judged small */
  double shift;         /* taken from every linear predictor */
  bool exact;           /* from the first beta on that needs it */
  size_t stride;        /* of sums */
  double *risk_room, *risk; /* of each place, in whole blocks: weight exp(linear predictor) */
  double *joined;           /* n_segment sums */
  double *head;             /* n_block sums: the part of a segment that began in an earlier block */
  size_t n_part;            /* passes over late entries run in so many parts */
  double *left;             /* n_part x n_bin sums, negative, of rows that leave */
  double *rows;             /* n_part x COX_ROWS x (p + 1): risk and risk z of a block's rows */
  double *at_risk;          /* n_bin x (p + 1): sums over the risk set */
  double *hazard;       /* of each bin: the step for those at risk, then their cumulative hazard */
  double *hazard_low;   /* what rounding dropped from the cumulative hazard */
  double *hazard_event; /* the step for those with the event there */
  double *running;      /* one sum while walking */
  size_t part_size;     /* of what a chunk adds up */
  double *part;         /* of each chunk */
  double *largest;      /* of each chunk: its largest linear predictor */
  /* Of lasting rows, NULL without: sums of risk times lasting as joined and head (of several
   * layers: running sums); the hazard, each step times its bin's weight, from a slot on, of a layer
   * from layer * cox_slots(). */
  double *lasting_joined, *lasting_head, *later;
} cox_state;

/* What a method that shares Newton's iterations with Cox's does before and after them; NULL: no
 * such step. */
typedef struct cox_hook {
  void *context;
  lb_status (*prepare)(void *context, cox_data *d, lb_error *err);
  lb_status (*finish)(void *context, const cox_data *d, const cox_state *s, lb_cox *fit,
                      lb_error *err);
} cox_hook;
lb_status cox_fit_with(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                       const lb_cox_options *opt, const cox_hook *hook, lb_cox *out, lb_error *err);
/* Steps of the hazard at a bin, with what Efron's ties take off those who have the event. */
cox_tied_sums cox_tied(lb_ties ties, const cox_bin *bin, double s0, double d0);

lb_status cox_state_new(const cox_data *d, cox_state *out, lb_error *err);
void cox_state_reset(cox_state *s);
/* LB_EINTR when interrupted; log_lik is not finite when beta is absurd, which is for the caller
 * to see. */
lb_status cox_evaluate(const cox_data *d, lb_ties ties, const double *beta, cox_state *s,
                       lb_error *err);
/* Of rows that stay: cox_lasting.c. Adds them to the risk sets; sets `later`. */
bool cox_lasting_new(const cox_data *d, cox_state *s);
void cox_lasting_walk(const cox_data *d, cox_state *s);
void cox_lasting_later(const cox_data *d, cox_state *s);
/* Risk of place k once it stays. */
static inline double cox_lasting_risk(const cox_data *d, const cox_state *s, size_t k)
{
  return s->risk[k] * d->lasting[k];
}
/* What place k, of a slot, has still to come. */
static inline double cox_later(const cox_data *d, const cox_state *s, size_t k, size_t slot)
{
  return s->later[(d->layer == NULL ? 0 : d->layer[k] * cox_slots(d)) + slot];
}
/* Sums over the risk set of every bin, from those over segments: cox_walk.c. *lost: sums that are
 * not exact have lost too many digits, and must be. */
lb_status cox_walk(const cox_data *d, cox_state *s, bool *lost, lb_error *err);
#endif
