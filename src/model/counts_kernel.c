/* counts_kernel.c - columns as small numbers, a block of rows at a time, as vector code. */
#include "model/counts_kernel.h"
#include "base/clones.h"

#define CODE_BITS 31
#define LANES     32

LB_CLONES uint32_t lb_codes_of_integers(const int64_t *value, size_t n, int64_t least,
                                        uint32_t *out)
{
  uint64_t beyond = 0;
  int32_t largest = 0;
  for (size_t i = 0; i < n; i++) {
    uint64_t code = (uint64_t)value[i] - (uint64_t)least;
    int32_t small = (int32_t)(code & INT32_MAX);
    beyond |= code;
    out[i] = (uint32_t)small;
    largest = small > largest ? small : largest;
  }
  return beyond >> CODE_BITS != 0 ? LB_NO_CODE : (uint32_t)largest;
}

LB_CLONES uint32_t lb_codes_of_reals(const double *value, size_t n, uint32_t *out)
{
  int32_t fractions = 0, largest = 0;
  for (size_t i = 0; i < n; i++) {
    int32_t inside = (value[i] >= 0) & (value[i] <= 2147483647.0);
    double safe = inside ? value[i] : 0.0;
    int32_t code = (int32_t)safe;
    fractions |= !inside | ((double)code != safe);
    out[i] = (uint32_t)code;
    largest = code > largest ? code : largest;
  }
  return fractions != 0 ? LB_NO_CODE : (uint32_t)largest;
}

LB_CLONES uint32_t lb_codes_of_levels(const int32_t *value, size_t n, uint32_t *out)
{
  int32_t below = 0, largest = 0;
  for (size_t i = 0; i < n; i++) {
    below |= value[i];
    out[i] = (uint32_t)value[i];
    largest = value[i] > largest ? value[i] : largest;
  }
  return below < 0 ? LB_NO_CODE : (uint32_t)largest;
}

uint32_t lb_codes_of_bits(const uint8_t *bits, size_t n, uint32_t *out)
{
  uint32_t any = 0;
  for (size_t i = 0; i < n; i++) {
    out[i] = (uint32_t)(bits[i / 8] >> i % 8) & 1;
    any |= out[i];
  }
  return any;
}

/* In lanes that do not wait for each other. */
LB_CLONES double lb_zeros_of_reals(const double *x, size_t n)
{
  double sum[LANES] = {0}, rest = 0;
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t l = 0; l < LANES; l++) sum[l] += x[i + l] * 0.0;
  for (; i < n; i++) rest += x[i] * 0.0;
  for (size_t l = 0; l < LANES; l++) rest += sum[l];
  return rest;
}

LB_CLONES void lb_cells_of_codes(const lb_cell_codes *c, size_t n, uint32_t *cell)
{
  const uint32_t *day = c->day, *event = c->event, *group = c->group;
  uint32_t days = c->days, kinds = c->kinds, turn = c->turn;
  if (group == NULL)
    for (size_t i = 0; i < n; i++) cell[i] = day[i] * kinds + (event[i] ^ turn);
  else
    for (size_t i = 0; i < n; i++) cell[i] = (group[i] * days + day[i]) * kinds + (event[i] ^ turn);
}
