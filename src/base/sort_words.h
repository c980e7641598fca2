/* sort_words.h - words that carry a key and, below it, a row number, sorted by the key. */
#ifndef LB_BASE_SORT_WORDS_H
#define LB_BASE_SORT_WORDS_H
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

/* Sorts words[0..n) by their bits low .. low + bits - 1, stably. `spare` holds n words more;
 * *sorted becomes whichever of the two holds the result. Many words are shared between threads,
 * which does not change the result. n < 2^32. LB_ENOMEM, LB_EINTR (the words are then lost),
 * without a message. */
lb_status lb_sort_words(uint64_t *words, uint64_t *spare, size_t n, unsigned low, unsigned bits,
                        uint64_t **sorted);
#endif
