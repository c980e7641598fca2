/* csv_levels.h - the distinct cells of one column in one chunk, as long as they are few. */
#ifndef LB_IO_CSV_LEVELS_H
#define LB_IO_CSV_LEVELS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LB_CSV_LEVELS 64 /* more distinct values than this make a column text */
#define LB_CSV_SLOTS  256
#define LB_CSV_HERE   24 /* bytes of a level that need no memory of their own */

typedef struct lb_csv_level {
  const char *text; /* `here` or `owned`, never the file: its pages are given back meanwhile */
  size_t length;
  uint64_t word; /* the first eight bytes, zeros behind a shorter text */
  uint64_t last; /* the last eight of a longer text, else 0 */
  size_t n;      /* present cells */
  uint8_t kind;  /* of them */
  char here[LB_CSV_HERE], *owned;
} lb_csv_level;

typedef struct lb_csv_levels {
  size_t n;
  lb_csv_level level[LB_CSV_LEVELS];
  uint8_t slot[LB_CSV_SLOTS]; /* index + 1; 0: free */
} lb_csv_levels;

lb_csv_levels *lb_csv_levels_new(void); /* NULL: out of memory */
void lb_csv_levels_free(lb_csv_levels *levels);

/* The first eight bytes of a text. */
static inline uint64_t lb_csv_level_word(const char *text, size_t length, bool slack)
{
  uint64_t word = 0;
  if (length >= sizeof word || slack)
    __builtin_memcpy(&word, text, sizeof word);
  else if (length > 0)
    __builtin_memcpy(&word, text, length);
  if (length < sizeof word) word &= ((uint64_t)1 << 8 * length) - 1;
  return word;
}

/* The last eight bytes of a text that is longer than its first word; else 0. */
static inline uint64_t lb_csv_level_last(const char *text, size_t length)
{
  uint64_t last = 0;
  if (length > sizeof last) __builtin_memcpy(&last, text + length - sizeof last, sizeof last);
  return last;
}

/* The slot of a text: where it stands, or the free one where it belongs. The two words are all of a
 * text of up to 16 bytes; texts that begin or end alike do not meet in one slot. */
static inline size_t lb_csv_level_slot(const lb_csv_levels *levels, const char *text, size_t length,
                                       uint64_t word)
{
  uint64_t last = lb_csv_level_last(text, length);
  uint64_t hash = (word ^ length) * UINT64_C(0x9E3779B97F4A7C15);
  hash = (hash ^ last) * UINT64_C(0x9E3779B97F4A7C15);
  for (size_t slot = (size_t)(hash >> 56);; slot = (slot + 1) % LB_CSV_SLOTS) {
    size_t index = levels->slot[slot];
    if (index == 0) return slot;
    const lb_csv_level *one = &levels->level[index - 1];
    if (one->word == word && one->last == last && one->length == length &&
        (length <= 2 * sizeof word || __builtin_memcmp(one->text, text, length) == 0))
      return slot;
  }
}

/* A new level in a free slot. false: out of memory. Not when there are LB_CSV_LEVELS. */
bool lb_csv_levels_add(lb_csv_levels *levels, size_t slot, const char *text, size_t length,
                       uint64_t word);
#endif
