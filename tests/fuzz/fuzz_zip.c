/* fuzz_zip.c - any bytes as an archive: no crash, no leak, never more than the limits allow. */
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/zip_read.h"

#define MOST_PARTS 16
#define MOST_BYTES 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  lb_zip_limits limits = {.most_parts = MOST_PARTS, .most_bytes = MOST_BYTES};
  lb_zip_parts parts = {0};
  lb_error err = {0};
  lb_status st = lb_zip_read((const char *)data, size, &limits, &parts, &err);
  if ((st == LB_OK) != (err.code == LB_OK)) abort();
  size_t total = 0;
  for (size_t i = 0; i < parts.n; i++) total += parts.part[i].length;
  if (parts.n > MOST_PARTS || total > MOST_BYTES) abort();
  lb_zip_parts_reset(&parts);
  if (lb_mem_live() != 0) abort();
  return 0;
}
