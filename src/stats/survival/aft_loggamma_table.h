/* aft_loggamma_table.h - the log-gamma distribution at one shape for many rows: what a likelihood
 * with a common shape looks up in the place of an integral a row. */
#ifndef LB_STATS_AFT_LOGGAMMA_TABLE_H
#define LB_STATS_AFT_LOGGAMMA_TABLE_H
#include "base/error.h"
#include "stats/survival/aft_standard.h"

typedef struct lb_loggamma_table lb_loggamma_table;

/* Empty: of no shape yet. NULL without memory. */
lb_loggamma_table *lb_loggamma_table_new(void);
void lb_loggamma_table_free(lb_loggamma_table *table);
/* Fills the table for shape q: log P(W > w) and its derivatives in q are Chebyshev interpolants of
 * degree 12 of their integrals, on intervals over which they are analytic far beyond; an interval
 * whose interpolant misses the integral between its nodes by 1e-14 is left to the integrals, as is
 * what lies outside. Nothing to do when q is that of the table. Not thread-safe; LB_EINTR. */
lb_status lb_loggamma_table_fill(lb_loggamma_table *table, double q, lb_error *err);
/* As lb_standard_density and lb_standard_mass_term of (lower, infinity); integrals where the table
 * is of another shape. table NULL: none. */
void lb_loggamma_table_density(const lb_loggamma_table *table, double w, double q, lb_density *out);
void lb_loggamma_table_above(const lb_loggamma_table *table, double lower, double q,
                             lb_mass_term *out);
#endif
