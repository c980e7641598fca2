/* counts_kernel.h - columns as small numbers, a block of rows at a time. */
#ifndef LB_MODEL_COUNTS_KERNEL_H
#define LB_MODEL_COUNTS_KERNEL_H
#include <stddef.h>
#include <stdint.h>

#define LB_NO_CODE UINT32_MAX

/* out[i] = value[i] - least. Returns the largest; LB_NO_CODE when some value is no whole number
 * from `least` to least + 2^31 - 1, and then `out` means nothing. 0 for no rows. */
uint32_t lb_codes_of_integers(const int64_t *value, size_t n, int64_t least, uint32_t *out);
uint32_t lb_codes_of_reals(const double *value, size_t n, uint32_t *out);   /* least is 0 */
uint32_t lb_codes_of_levels(const int32_t *value, size_t n, uint32_t *out); /* least is 0 */
uint32_t lb_codes_of_bits(const uint8_t *bits, size_t n, uint32_t *out);

/* The sum of 0 x: 0 when every number is finite, else NaN. */
double lb_zeros_of_reals(const double *x, size_t n);

/* cell[i] = (group[i] * days + day[i]) * kinds + (event[i] ^ turn); group NULL = all 0. `cell` may
 * be `day`. */
typedef struct lb_cell_codes {
  const uint32_t *day, *event, *group;
  uint32_t days, kinds, turn;
} lb_cell_codes;
void lb_cells_of_codes(const lb_cell_codes *c, size_t n, uint32_t *cell);
#endif
