/* fuzz_json.c - any bytes as JSON: no crash, and what was read is printed and read again. */
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  lb_json *root = NULL, *again = NULL;
  lb_error err = {0};
  lb_json_init();
  if (lb_json_parse((const char *)data, size, &root, &err) != LB_OK) return 0;
  for (int indent = 0; indent <= 2; indent += 2) {
    char *text = NULL;
    size_t length = 0;
    if (lb_json_print(root, indent, &text, &length, &err) != LB_OK) abort();
    if (lb_json_parse(text, length, &again, &err) != LB_OK) abort();
    lb_json_free(again);
    lb_mem_free(text);
  }
  lb_json_free(root);
  if (lb_mem_live() != 0) abort();
  return 0;
}
