/* csv_number.h - short numbers and ISO dates by eight bytes at once; all else is for csv_cell.c. */
#ifndef LB_IO_CSV_NUMBER_H
#define LB_IO_CSV_NUMBER_H
#include "base/date.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LB_CSV_WORD 8

/* The words below hold text in the order of its bytes only so. */
#define LB_CSV_WORDS (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/* The first n <= 8 bytes at text in the high end of a word, the bytes before them '0'. Reads eight
 * bytes where `slack` says that they are there. Little-endian: the first byte is the lowest. */
static inline uint64_t lb_csv_word(const char *text, size_t n, bool slack)
{
  uint64_t word = 0;
  if (slack)
    memcpy(&word, text, LB_CSV_WORD);
  else
    memcpy(&word, text, n);
  if (n == LB_CSV_WORD) return word;
  return word << 8 * (LB_CSV_WORD - n) | UINT64_C(0x3030303030303030) >> 8 * n;
}

/* Whether all eight bytes are digits: none is below '0', none above '9'. */
static inline bool lb_csv_word_digits(uint64_t word)
{
  uint64_t low = word - UINT64_C(0x3030303030303030), high = word + UINT64_C(0x4646464646464646);
  return ((low | high | word) & UINT64_C(0x8080808080808080)) == 0;
}

/* The number of eight digits: pairs, then fours, then all, each step one multiplication. */
static inline uint32_t lb_csv_word_value(uint64_t word)
{
  word -= UINT64_C(0x3030303030303030);
  word = word * 10 + (word >> 8);
  uint64_t low = (word & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x000F424000000064);
  uint64_t high = ((word >> 16) & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x0000271000000001);
  return (uint32_t)((low + high) >> 32);
}

/* [-]digits, at most eight of them and no 0 in front: what would read the same bytewise. */
static inline bool lb_csv_short_integer(const char *text, size_t n, bool slack, int64_t *value)
{
  bool negative = n > 1 && text[0] == '-';
  text += negative;
  n -= negative;
  if (!LB_CSV_WORDS || n == 0 || n > LB_CSV_WORD || (text[0] == '0' && n > 1)) return false;
  uint64_t word = lb_csv_word(text, n, slack);
  if (!lb_csv_word_digits(word)) return false;
  int64_t magnitude = (int64_t)lb_csv_word_value(word);
  *value = negative ? -magnitude : magnitude;
  return true;
}

/* [-]digits[mark digits], at most eight bytes after the sign, a digit first. The digits are an
 * exact integer and the power of ten an exact double, so that one division rounds once (Clinger
 * 1990, PLDI), as lb_parse_real does. */
static inline bool lb_csv_short_real(const char *text, size_t n, bool slack, char mark,
                                     double *value)
{
  static const double POWER[LB_CSV_WORD] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
  bool negative = n > 1 && text[0] == '-';
  text += negative;
  n -= negative;
  if (!LB_CSV_WORDS || n == 0 || n > LB_CSV_WORD || text[0] == mark) return false;
  uint64_t word = lb_csv_word(text, n, slack);
  uint64_t differs = word ^ UINT64_C(0x0101010101010101) * (uint8_t)mark;
  uint64_t zero =
      (differs - UINT64_C(0x0101010101010101)) & ~differs & UINT64_C(0x8080808080808080);
  size_t fraction = 0;
  if (zero != 0) { /* the lowest mark found is a true one; a second is no digit below */
    unsigned at = (unsigned)__builtin_ctzll(zero) / 8;
    uint64_t before = ((uint64_t)1 << 8 * at) - 1;
    fraction = LB_CSV_WORD - 1 - at;
    word = (word & ~(before << 8 | 0xFF)) | (word & before) << 8 | '0';
  } else if (text[0] == '0' && n > 1) {
    return false;
  }
  if (!lb_csv_word_digits(word)) return false;
  double magnitude = (double)lb_csv_word_value(word) / POWER[fraction];
  *value = negative ? -magnitude : magnitude;
  return true;
}

/* YYYY-MM-DD at text, ten bytes. */
static inline bool lb_csv_short_date(const char *text, size_t n, int32_t *days)
{
  uint64_t first, last;
  if (!LB_CSV_WORDS || n != 10) return false;
  memcpy(&first, text, sizeof first);   /* YYYY-MM- */
  memcpy(&last, text + 2, sizeof last); /* YY-MM-DD */
  const uint64_t dashes = UINT64_C(0x2D00002D00000000);
  if ((first & UINT64_C(0xFF0000FF00000000)) != dashes) return false;
  uint64_t day = last >> 48;
  uint64_t word = (first & UINT64_C(0xFFFFFFFF)) | (first >> 40 & 0xFFFF) << 32 | day << 48;
  if (!lb_csv_word_digits(word)) return false;
  uint32_t value = lb_csv_word_value(word);
  return lb_date_from_civil((int)(value / 10000), (int)(value / 100 % 100), (int)(value % 100),
                            days);
}
#endif
