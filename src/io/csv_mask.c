/* csv_mask.c - byte masks of a text by AVX-512, AVX2, SSE2 or plain C, chosen at run time. */
#include "io/csv_mask.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define HAS_X86 1
#else
#define HAS_X86 0
#endif

#define AHEAD 2048 /* bytes: what the processor fetches of its own accord ends with a page */

static unsigned masks_plain(const char *text, size_t n_blocks, char separator, lb_csv_masks *out)
{
  unsigned seen = 0;
  for (size_t b = 0; b < n_blocks; b++, text += LB_CSV_BLOCK) {
    lb_csv_masks m = {0};
    for (unsigned i = 0; i < LB_CSV_BLOCK; i++) {
      char c = text[i];
      m.separator |= (uint64_t)(c == separator) << i;
      m.newline |= (uint64_t)(c == '\n') << i;
      m.quote |= (uint64_t)(c == '"') << i;
      m.carriage |= (uint64_t)(c == '\r') << i;
      if (((unsigned char)c & 0x80) != 0) seen |= LB_CSV_HIGH;
      if (c == '\0') seen |= LB_CSV_NUL;
    }
    out[b] = m;
  }
  return seen;
}

#if HAS_X86
static uint64_t equal_sse2(const __m128i v[4], char c)
{
  __m128i same = _mm_set1_epi8(c);
  uint64_t bits = 0;
  for (int i = 0; i < 4; i++)
    bits |= (uint64_t)(uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v[i], same)) << 16 * i;
  return bits;
}

static unsigned masks_sse2(const char *text, size_t n_blocks, char separator, lb_csv_masks *out)
{
  uint64_t high = 0, nul = 0;
  for (size_t b = 0; b < n_blocks; b++, text += LB_CSV_BLOCK) {
    __m128i v[4];
    __builtin_prefetch(text + AHEAD);
    for (int i = 0; i < 4; i++) {
      v[i] = _mm_loadu_si128((const __m128i *)(const void *)(text + 16 * i));
      high |= (uint64_t)_mm_movemask_epi8(v[i]);
    }
    nul |= equal_sse2(v, '\0');
    out[b] = (lb_csv_masks){equal_sse2(v, separator), equal_sse2(v, '\n'), equal_sse2(v, '"'),
                            equal_sse2(v, '\r')};
  }
  return (high != 0 ? LB_CSV_HIGH : 0) | (nul != 0 ? LB_CSV_NUL : 0);
}

__attribute__((target("avx2"))) static uint64_t equal_avx2(__m256i low, __m256i high, char c)
{
  __m256i same = _mm256_set1_epi8(c);
  return (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, same)) |
         (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, same)) << 32;
}

__attribute__((target("avx2"))) static unsigned masks_avx2(const char *text, size_t n_blocks,
                                                           char separator, lb_csv_masks *out)
{
  uint64_t nul = 0;
  __m256i high = _mm256_setzero_si256();
  for (size_t b = 0; b < n_blocks; b++, text += LB_CSV_BLOCK) {
    __builtin_prefetch(text + AHEAD);
    __m256i one = _mm256_loadu_si256((const __m256i *)(const void *)text);
    __m256i two = _mm256_loadu_si256((const __m256i *)(const void *)(text + 32));
    high = _mm256_or_si256(high, _mm256_or_si256(one, two));
    nul |= equal_avx2(one, two, '\0');
    out[b] = (lb_csv_masks){equal_avx2(one, two, separator), equal_avx2(one, two, '\n'),
                            equal_avx2(one, two, '"'), equal_avx2(one, two, '\r')};
  }
  return (_mm256_movemask_epi8(high) != 0 ? LB_CSV_HIGH : 0) | (nul != 0 ? LB_CSV_NUL : 0);
}

__attribute__((target("avx512f,avx512bw"))) static unsigned
masks_avx512(const char *text, size_t n_blocks, char separator, lb_csv_masks *out)
{
  uint64_t high = 0, nul = 0;
  __m512i comma = _mm512_set1_epi8(separator), newline = _mm512_set1_epi8('\n');
  __m512i quote = _mm512_set1_epi8('"'), carriage = _mm512_set1_epi8('\r');
  for (size_t b = 0; b < n_blocks; b++, text += LB_CSV_BLOCK) {
    __m512i v = _mm512_loadu_si512(text);
    __builtin_prefetch(text + AHEAD);
    high |= _mm512_movepi8_mask(v);
    nul |= _mm512_testn_epi8_mask(v, v);
    out[b] = (lb_csv_masks){_mm512_cmpeq_epi8_mask(v, comma), _mm512_cmpeq_epi8_mask(v, newline),
                            _mm512_cmpeq_epi8_mask(v, quote), _mm512_cmpeq_epi8_mask(v, carriage)};
  }
  return (high != 0 ? LB_CSV_HIGH : 0) | (nul != 0 ? LB_CSV_NUL : 0);
}
#endif

lb_csv_width lb_csv_width_best(void)
{
#if HAS_X86
  if (__builtin_cpu_supports("avx512bw")) return LB_CSV_AVX512;
  return __builtin_cpu_supports("avx2") ? LB_CSV_AVX2 : LB_CSV_SSE2;
#else
  return LB_CSV_PLAIN;
#endif
}

unsigned lb_csv_masks_make(lb_csv_width width, const char *text, size_t n_blocks, char separator,
                           lb_csv_masks *out)
{
#if HAS_X86
  if (width == LB_CSV_AVX512) return masks_avx512(text, n_blocks, separator, out);
  if (width == LB_CSV_AVX2) return masks_avx2(text, n_blocks, separator, out);
  if (width == LB_CSV_SSE2) return masks_sse2(text, n_blocks, separator, out);
#endif
  (void)width;
  return masks_plain(text, n_blocks, separator, out);
}

unsigned lb_csv_masks_tail(lb_csv_width width, const char *text, size_t length, char separator,
                           lb_csv_masks *out)
{
  char block[LB_CSV_BLOCK];
  uint64_t inside = ((uint64_t)1 << length) - 1;
  memset(block, ' ', sizeof block);
  memcpy(block, text, length);
  unsigned seen = lb_csv_masks_make(width, block, 1, separator, out);
  out->separator &= inside; /* the filling may be the separator */
  return seen;
}
