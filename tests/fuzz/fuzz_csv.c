/* fuzz_csv.c - any bytes as a csv file: no crash, and what was read is written and read again. */
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads again with the types that were found; a table must survive that. */
static void read_back(const lb_frame *frame)
{
  size_t n = lb_frame_columns(frame), length = 0;
  char *text = NULL;
  lb_frame *again = NULL;
  lb_csv_type *types = calloc(n, sizeof *types);
  if (types == NULL) return;
  for (size_t i = 0; i < n; i++)
    types[i] =
        (lb_csv_type){lb_frame_name(frame, i), lb_column_type(lb_frame_column_source(frame, i))};
  lb_csv_options options = {.types = types, .n_types = n, .separator = ','};
  if (lb_csv_write(frame, &text, &length, NULL) != LB_OK) abort();
  if (lb_csv_read(text, length, &options, &again, NULL, NULL) != LB_OK) abort();
  if (lb_frame_rows(again) != lb_frame_rows(frame) || lb_frame_columns(again) != n) abort();
  lb_frame_release(again);
  lb_mem_free(text);
  free(types);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  lb_frame *frame = NULL;
  lb_problems problems = {0};
  lb_error err = {0};
  lb_csv_options options = {.source = "f.csv"};
  if (lb_csv_read((const char *)data, size, &options, &frame, &problems, &err) == LB_OK)
    read_back(frame);
  lb_frame_release(frame);
  lb_problems_reset(&problems);
  if (lb_mem_live() != 0) abort();
  return 0;
}
