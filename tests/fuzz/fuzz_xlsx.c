/* fuzz_xlsx.c - any bytes as an xlsx file, and any bytes as the XML of its sheet: no crash, no leak,
 * and what was read can be written. */
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/xlsx.h"
#include "make_zip.h"

#define WIDE 512 /* columns: writing more only makes the search slow */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_bytes(const char *bytes, size_t length)
{
  lb_frame *frame = NULL;
  lb_problems problems = {0};
  lb_error err = {0};
  if (lb_xlsx_read(bytes, length, NULL, &frame, &problems, &err) == LB_OK) {
    char *text = NULL;
    size_t n;
    if (lb_frame_columns(frame) <= WIDE) lb_xlsx_write(frame, NULL, &text, &n, NULL);
    lb_mem_free(text);
  } else if (frame != NULL || err.code == LB_OK) {
    abort();
  }
  lb_frame_release(frame);
  lb_problems_reset(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size >= 2 && data[0] == 'P' && data[1] == 'K') {
    read_bytes((const char *)data, size);
  } else {
    char *sheet = malloc(size + 1);
    if (sheet == NULL) return 0;
    memcpy(sheet, data, size);
    sheet[size] = '\0';
    size_t length;
    char *bytes = zip_workbook(sheet, "", &length);
    read_bytes(bytes, length);
    free(bytes);
    free(sheet);
  }
  if (lb_mem_live() != 0) abort();
  return 0;
}
