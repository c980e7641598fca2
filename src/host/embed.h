/* embed.h - the Lua sources that the program carries inside itself; scripts/dev/embed.c makes the
 * table. */
#ifndef LB_HOST_EMBED_H
#define LB_HOST_EMBED_H
#include <stddef.h>

/* One file: its path below lua/ ("lobule/survival.lua"), its source [start, end) and the compiled
 * chunk of it [chunk, chunk_end), empty for data. */
typedef struct lb_embedded {
  const char *name;
  const char *start;
  const char *end;
  const char *chunk;
  const char *chunk_end;
} lb_embedded;

extern const lb_embedded lb_embedded_files[];
extern const size_t lb_embedded_count;
#endif
