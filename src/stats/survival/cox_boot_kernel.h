/* cox_boot_kernel.h - eight resamples of a Cox model side by side, as vector code. */
#ifndef LB_SURVIVAL_COX_BOOT_KERNEL_H
#define LB_SURVIVAL_COX_BOOT_KERNEL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Resamples that are evaluated together. Numbers of a resample stand this far apart: number i of
 * lane l at i * COX_LANES + l. */
#define COX_LANES 8

/* Rows [first, end) of a bin, events before `others`; rows leave[leave_start] .. leave up. */
typedef struct boot_bin {
  size_t first, others, end, leave_start, leave_end;
} boot_bin;

/* The data that all resamples share. All borrowed. */
typedef struct boot_plan {
  size_t n, p, n_stratum, n_bin;
  const size_t *stratum_bin; /* n_stratum + 1 */
  const boot_bin *bin;
  const uint32_t *leave;     /* places in the order in which they leave; NULL without late entry */
  const uint32_t *leave_bin; /* n, UINT32_MAX for never; NULL without late entry */
  const double *z;           /* n x p, place after place, in standard deviations */
  const double *offset;      /* n, NULL = 0 */
  bool efron;
} boot_plan;

/* Eight resamples at their coefficients; every array has COX_LANES times what is said. */
typedef struct boot_lanes {
  double *mass;                  /* n: weight times how often the row was drawn */
  double *tied, *event_mass;     /* n_bin: rows with the event, their mean weight */
  double *event_z;               /* p: sum over events of mass z */
  double *beta, *score, *step;   /* p */
  double *risk;                  /* n: mass exp(linear predictor), then expected events */
  double *hazard, *hazard_event; /* n_bin: cumulative up to the bin; step for its events */
  double *sums;                  /* 4 (p + 1): sums over those at risk, what rounding drops */
  double *information, *factor;  /* p (p + 1) / 2: lower triangle, row after row */
  double *products;              /* COX_PRODUCTS rows of boot_width(p), one lane */
} boot_lanes;

#define COX_PRODUCTS 32 /* rows whose z_i z_j are at hand */
/* Numbers of a lower triangle, filled up to whole groups of six. */
static inline size_t boot_width(size_t p)
{
  return (p * (p + 1) / 2 + 5) / 6 * 6;
}

/* risk = mass exp(z beta + offset). */
void boot_risks(const boot_plan *d, boot_lanes *w);
/* The sums of the events, from mass: tied and event_mass of `count` (n), and event_z. */
void boot_events(const boot_plan *d, const double *count, boot_lanes *w);
/* Score and, if asked for, information at beta; risk is overwritten. */
void boot_evaluate(const boot_plan *d, boot_lanes *w, bool information);
/* Cholesky factor of the information; alive[l] becomes 0 where a pivot is not above `least`. */
void boot_factor(size_t p, double least, boot_lanes *w, double *alive);
/* step = information^-1 score by the factor; decrement (one a lane) = step' score. */
void boot_solve(size_t p, boot_lanes *w, double *decrement);
#endif
