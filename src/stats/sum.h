/* sum.h - a sum of doubles that keeps what rounding drops, for sums from which terms are taken away
 * again. */
#ifndef LB_STATS_SUM_H
#define LB_STATS_SUM_H

/* Zero-initialise. The error term is that of Knuth's two-sum, so a term added and later subtracted
 * leaves nothing behind (Ogita, Rump & Oishi 2005, SIAM J Sci Comput 26:1955). */
typedef struct lb_sum {
  double high, low;
} lb_sum;

static inline void lb_sum_add(lb_sum *s, double x)
{
  double total = s->high + x;
  double part = total - s->high;
  s->low += (s->high - (total - part)) + (x - part);
  s->high = total;
}
static inline double lb_sum_value(const lb_sum *s)
{
  return s->high + s->low;
}
#endif
