/* crc32.c - the checksum of zip entries and PNG chunks, eight bits at a step. */
#include "io/crc32.h"

#define POLYNOMIAL 0xEDB88320u

/* Made anew for each call: 256 entries cost less than a millisecond's hundredth, and no table at
 * file scope needs to be filled by whoever comes first. */
static void make_table(uint32_t table[256])
{
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t c = byte;
    for (int bit = 0; bit < 8; bit++) c = (c & 1) != 0 ? POLYNOMIAL ^ (c >> 1) : c >> 1;
    table[byte] = c;
  }
}

static uint32_t run(const uint32_t table[256], uint32_t c, const unsigned char *bytes, size_t n)
{
  for (size_t i = 0; i < n; i++) c = table[(c ^ bytes[i]) & 0xFF] ^ (c >> 8);
  return c;
}

uint32_t lb_crc32(const void *first, size_t first_length, const void *second, size_t second_length)
{
  uint32_t table[256];
  make_table(table);
  uint32_t c = run(table, 0xFFFFFFFFu, first, first_length);
  if (second_length > 0) c = run(table, c, second, second_length);
  return c ^ 0xFFFFFFFFu;
}
