/* frames.h - messages between a recipe's process and its parent: one letter, a length of four
 * bytes (least first), the bytes. */
#ifndef LB_HOST_FRAMES_H
#define LB_HOST_FRAMES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* Exit statuses by which the child says that it met a limit. */
#define LB_CHILD_MEMORY 41
#define LB_CHILD_BROKEN 42

#define LB_FRAME_HEAD 5

static inline bool lb_write_all(int fd, const char *bytes, size_t length)
{
  while (length > 0) {
    ssize_t n = write(fd, bytes, length);
    if (n <= 0) return false;
    bytes += n;
    length -= (size_t)n;
  }
  return true;
}

static inline bool lb_frame_write(int fd, char kind, const char *payload, size_t length)
{
  uint32_t size = (uint32_t)length;
  char head[LB_FRAME_HEAD] = {kind, (char)size, (char)(size >> 8), (char)(size >> 16),
                              (char)(size >> 24)};
  if (length > UINT32_MAX) return false;
  return lb_write_all(fd, head, sizeof head) && lb_write_all(fd, payload, length);
}

/* The length that a head tells. */
static inline size_t lb_frame_length(const char *head)
{
  const unsigned char *b = (const unsigned char *)head + 1;
  return b[0] | (size_t)b[1] << 8 | (size_t)b[2] << 16 | (size_t)b[3] << 24;
}
#endif
