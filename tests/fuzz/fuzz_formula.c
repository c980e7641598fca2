/* fuzz_formula.c - any bytes as a formula: no crash, no leak, terms within the variables. */
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "model/formula.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  lb_formula f = {0};
  lb_error err = {0};
  if (lb_formula_parse((const char *)data, size, &f, &err) == LB_OK) {
    for (size_t t = 0; t < f.n_term; t++)
      if (f.n_variable < 64 && f.term[t] >> f.n_variable != 0) abort();
    for (size_t v = 0; v < f.n_variable; v++)
      if (f.variable[v].start >= f.variable[v].end || f.variable[v].end > f.length) abort();
  }
  lb_formula_reset(&f);
  if (lb_mem_live() != 0) abort();
  return 0;
}
