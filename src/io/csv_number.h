/* csv_number.h - numbers of up to 16 bytes and ISO dates by eight bytes at once; all else is for
 * csv_cell.c. */
#ifndef LB_IO_CSV_NUMBER_H
#define LB_IO_CSV_NUMBER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LB_CSV_WORD          8
#define LB_CSV_EXACT_INTEGER (UINT64_C(1) << 53) /* up to here a double holds every integer */

/* The words below hold text in the order of its bytes only so. */
#define LB_CSV_WORDS (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/* The first n of 1 to 8 bytes at text, '0' taken off each of them, in the high end of a word; the
 * bytes before them are 0. Reads eight bytes where `slack` says that they are there. Little-endian:
 * the first byte is the lowest. */
static inline uint64_t lb_csv_word(const char *text, size_t n, bool slack)
{
  uint64_t word = 0;
  if (slack)
    memcpy(&word, text, LB_CSV_WORD);
  else
    memcpy(&word, text, n);
  return (word ^ UINT64_C(0x3030303030303030)) << 8 * (LB_CSV_WORD - n);
}

/* Whether all eight bytes are digits, '0' taken off. */
static inline bool lb_csv_word_digits(uint64_t word)
{
  return (((word + UINT64_C(0x7676767676767676)) | word) & UINT64_C(0x8080808080808080)) == 0;
}

/* The number of eight digits: pairs, then fours, then all, each step one multiplication. */
static inline uint32_t lb_csv_word_value(uint64_t word)
{
  word = word * 10 + (word >> 8);
  uint64_t low = (word & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x000F424000000064);
  uint64_t high = ((word >> 16) & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x0000271000000001);
  return (uint32_t)((low + high) >> 32);
}

/* [-]digits, at most 16 of them and no 0 in front: what would read the same bytewise. */
static inline bool lb_csv_short_integer(const char *text, size_t n, bool slack, int64_t *value)
{
  bool negative = n > 1 && text[0] == '-';
  text += negative;
  n -= negative;
  if (!LB_CSV_WORDS || n - 1 >= 2 * LB_CSV_WORD || (text[0] == '0' && n > 1)) return false;
  int64_t magnitude = 0;
  if (n > LB_CSV_WORD) {
    uint64_t head = lb_csv_word(text, n - LB_CSV_WORD, true); /* eight more bytes follow */
    if (!lb_csv_word_digits(head)) return false;
    magnitude = (int64_t)lb_csv_word_value(head) * 100000000;
    text += n - LB_CSV_WORD;
    n = LB_CSV_WORD;
  }
  uint64_t word = lb_csv_word(text, n, slack || n == LB_CSV_WORD);
  if (!lb_csv_word_digits(word)) return false;
  magnitude += (int64_t)lb_csv_word_value(word);
  *value = negative ? -magnitude : magnitude;
  return true;
}

/* Takes the first decimal mark out of a word: the bytes before it move up. Returns how many bytes
 * follow it, or LB_CSV_WORD when there is none; a second mark stays, which is no digit. */
static inline size_t lb_csv_take_mark(uint64_t *word, char mark)
{
  uint64_t differs = *word ^ UINT64_C(0x0101010101010101) * (uint8_t)(mark ^ '0');
  uint64_t zero =
      (differs - UINT64_C(0x0101010101010101)) & ~differs & UINT64_C(0x8080808080808080);
  if (zero == 0) return LB_CSV_WORD;
  unsigned at = (unsigned)__builtin_ctzll(zero) / 8; /* the lowest found is a true one */
  uint64_t before = ((uint64_t)1 << 8 * at) - 1;
  *word = (*word & ~(before << 8 | 0xFF)) | (*word & before) << 8;
  return LB_CSV_WORD - 1 - at;
}

/* The number of a word's digits and how many of them are a fraction; false: not digits, or a 0 in
 * front of more that are no fraction. */
static inline bool lb_csv_short_decimal(const char *text, size_t n, bool slack, char mark,
                                        uint64_t *digits, size_t *fraction)
{
  uint64_t word = lb_csv_word(text, n, slack);
  *fraction = lb_csv_take_mark(&word, mark);
  if (*fraction == LB_CSV_WORD) {
    if (text[0] == '0' && n > 1) return false;
    *fraction = 0;
  }
  *digits = lb_csv_word_value(word);
  return lb_csv_word_digits(word);
}

/* The same for 9 to 16 bytes: the first n - 8 and the last 8. */
static inline bool lb_csv_long_decimal(const char *text, size_t n, char mark, uint64_t *digits,
                                       size_t *fraction)
{
  uint64_t head = lb_csv_word(text, n - LB_CSV_WORD, true);
  uint64_t tail = lb_csv_word(text + n - LB_CSV_WORD, LB_CSV_WORD, true), unit = 100000000;
  *fraction = lb_csv_take_mark(&tail, mark);
  if (*fraction < LB_CSV_WORD) {
    unit = 10000000;
  } else {
    size_t of_head = lb_csv_take_mark(&head, mark);
    if (of_head == LB_CSV_WORD && text[0] == '0') return false;
    *fraction = of_head == LB_CSV_WORD ? 0 : LB_CSV_WORD + of_head;
  }
  *digits = lb_csv_word_value(head) * unit + lb_csv_word_value(tail);
  return lb_csv_word_digits(head) && lb_csv_word_digits(tail) && *digits <= LB_CSV_EXACT_INTEGER;
}

/* [-]digits[mark digits], at most 16 bytes after the sign, a digit first. The digits are an exact
 * integer and the power of ten an exact double, so that one division rounds once (Clinger 1990,
 * PLDI), as lb_parse_real does. */
static inline bool lb_csv_short_real(const char *text, size_t n, bool slack, char mark,
                                     double *value)
{
  static const double POWER[2 * LB_CSV_WORD] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  uint64_t digits;
  size_t fraction;
  bool negative = n > 1 && text[0] == '-';
  text += negative;
  n -= negative;
  if (!LB_CSV_WORDS || n - 1 >= 2 * LB_CSV_WORD || text[0] == mark) return false;
  bool ok = n <= LB_CSV_WORD ? lb_csv_short_decimal(text, n, slack, mark, &digits, &fraction)
                             : lb_csv_long_decimal(text, n, mark, &digits, &fraction);
  if (!ok) return false;
  double magnitude = (double)(int64_t)digits / POWER[fraction];
  uint64_t bits;
  memcpy(&bits, &magnitude, sizeof bits);
  bits |= (uint64_t)negative << 63; /* a branch would be one to guess */
  memcpy(value, &bits, sizeof bits);
  return true;
}

/* YYYY-MM-DD at text, ten bytes: the days of lb_date_from_civil, which tells how they are
 * counted. */
static inline bool lb_csv_short_date(const char *text, size_t n, int32_t *days)
{
  static const uint8_t DAYS[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  static const uint16_t BEFORE[13] = {0, 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275};
  uint64_t first, last;
  if (!LB_CSV_WORDS || n != 10) return false;
  memcpy(&first, text, sizeof first);   /* YYYY-MM- */
  memcpy(&last, text + 2, sizeof last); /* YY-MM-DD */
  const uint64_t dashes = UINT64_C(0x2D00002D00000000);
  if ((first & UINT64_C(0xFF0000FF00000000)) != dashes) return false;
  uint64_t word = (first & UINT64_C(0xFFFFFFFF)) | (first >> 40 & 0xFFFF) << 32 | last >> 48 << 48;
  word ^= UINT64_C(0x3030303030303030);
  if (!lb_csv_word_digits(word)) return false;
  word = word * 10 + (word >> 8); /* pairs, each in the low byte of two */
  uint32_t century = word & 0xFF, of_century = word >> 16 & 0xFF;
  uint32_t month = word >> 32 & 0xFF, day = word >> 48 & 0xFF, year = century * 100 + of_century;
  if (month - 1 >= 12 || year == 0) return false;
  bool leap = of_century != 0 ? of_century % 4 == 0 : century % 4 == 0;
  if (day - 1 >= (uint32_t)DAYS[month] + (month == 2 && leap)) return false;
  uint32_t y = year - (month <= 2); /* counted from March */
  *days = (int32_t)(365 * y + y / 4 - y / 100 + y / 400 + BEFORE[month] + day) - 719469;
  return true;
}
#endif
