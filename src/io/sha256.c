/* sha256.c - SHA-256 after FIPS 180-4, section 6.2: whole 64-byte blocks, then the padded rest; by
 * the processor's own instructions where it has them. */
#include "io/sha256.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

#define BLOCK  64
#define ROUNDS 64

/* First 32 bits of the fractional parts of the cube roots of the first 64 primes (4.2.2). */
static const uint32_t ROUND_CONSTANT[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate_right(uint32_t x, unsigned n)
{
  return (x >> n) | (x << (32 - n));
}

/* Message schedule of one block (6.2.2, step 1). */
static void expand(const uint8_t *block, uint32_t w[ROUNDS])
{
  for (size_t t = 0; t < 16; t++)
    w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
           (uint32_t)block[4 * t + 2] << 8 | (uint32_t)block[4 * t + 3];
  for (size_t t = 16; t < ROUNDS; t++) {
    uint32_t s0 = rotate_right(w[t - 15], 7) ^ rotate_right(w[t - 15], 18) ^ (w[t - 15] >> 3);
    uint32_t s1 = rotate_right(w[t - 2], 17) ^ rotate_right(w[t - 2], 19) ^ (w[t - 2] >> 10);
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
}

/* Takes one block into the hash (6.2.2, steps 2 to 4); v holds a to h of the standard. */
static void absorb_plain(uint32_t hash[8], const uint8_t *block)
{
  uint32_t w[ROUNDS], v[8];
  expand(block, w);
  memcpy(v, hash, sizeof v);
  for (size_t t = 0; t < ROUNDS; t++) {
    uint32_t sum1 = rotate_right(v[4], 6) ^ rotate_right(v[4], 11) ^ rotate_right(v[4], 25);
    uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
    uint32_t t1 = v[7] + sum1 + choice + ROUND_CONSTANT[t] + w[t];
    uint32_t sum0 = rotate_right(v[0], 2) ^ rotate_right(v[0], 13) ^ rotate_right(v[0], 22);
    uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    memmove(v + 1, v, 7 * sizeof *v);
    v[4] += t1;
    v[0] = t1 + sum0 + majority;
  }
  for (size_t i = 0; i < 8; i++) hash[i] += v[i];
}

#if defined(__x86_64__)
/* The SHA extensions, and SSE4.1 for the shuffles; gcc 12's __builtin_cpu_supports has no word for
 * the first. */
static bool has_instructions(void)
{
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (b & bit_SHA) == 0) return false;
  return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3");
}

/* Blocks by the SHA extensions: two rounds an instruction. The instructions want the eight words of
 * the hash as two vectors, ABEF and CDGH from the highest word down; w holds the last 16 words of
 * the message schedule. */
__attribute__((target("sha,sse4.1,ssse3"))) static void absorb_fast(uint32_t hash[8],
                                                                    const uint8_t *data, size_t n)
{
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  __m128i low = _mm_loadu_si128((const __m128i *)(const void *)hash);
  __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(hash + 4));
  low = _mm_shuffle_epi32(low, 0xB1);   /* C D A B */
  high = _mm_shuffle_epi32(high, 0x1B); /* E F G H */
  __m128i abef = _mm_alignr_epi8(low, high, 8), cdgh = _mm_blend_epi16(high, low, 0xF0);
  for (; n > 0; n--, data += BLOCK) {
    __m128i abef_before = abef, cdgh_before = cdgh, w[4];
#pragma GCC unroll 16
    for (size_t t = 0; t < ROUNDS / 4; t++) {
      __m128i *now = &w[t % 4];
      if (t < 4) {
        *now = _mm_loadu_si128((const __m128i *)(const void *)(data + 16 * t));
        *now = _mm_shuffle_epi8(*now, big_endian);
      } else { /* the schedule, four words at once */
        __m128i recent = w[(t + 3) % 4];
        __m128i sum = _mm_sha256msg1_epu32(*now, w[(t + 1) % 4]);
        sum = _mm_add_epi32(sum, _mm_alignr_epi8(recent, w[(t + 2) % 4], 4));
        *now = _mm_sha256msg2_epu32(sum, recent);
      }
      __m128i k = _mm_loadu_si128((const __m128i *)(const void *)(ROUND_CONSTANT + 4 * t));
      k = _mm_add_epi32(k, *now);
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, k);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(k, 0x0E));
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  low = _mm_shuffle_epi32(abef, 0x1B);  /* F E B A */
  high = _mm_shuffle_epi32(cdgh, 0xB1); /* D C H G */
  _mm_storeu_si128((__m128i *)(void *)hash, _mm_blend_epi16(low, high, 0xF0));
  _mm_storeu_si128((__m128i *)(void *)(hash + 4), _mm_alignr_epi8(high, low, 8));
}
#else
static bool has_instructions(void)
{
  return false;
}
#endif

static void absorb(uint32_t hash[8], const uint8_t *data, size_t n_blocks, bool plain)
{
#if defined(__x86_64__)
  if (!plain) {
    absorb_fast(hash, data, n_blocks);
    return;
  }
#endif
  (void)plain;
  for (; n_blocks > 0; n_blocks--, data += BLOCK) absorb_plain(hash, data);
}

/* The rest, a 1 bit, zeros, and the length in bits (5.1.1): one block, or two. */
static void absorb_last(uint32_t hash[8], const uint8_t *rest, size_t n, size_t total, bool plain)
{
  uint8_t block[2 * BLOCK] = {0};
  if (rest != NULL) memcpy(block, rest, n);
  block[n] = 0x80;
  size_t end = n + 9 <= BLOCK ? BLOCK : 2 * BLOCK;
  uint64_t bits = (uint64_t)total * 8;
  for (size_t i = 0; i < 8; i++) block[end - 1 - i] = (uint8_t)(bits >> (8 * i));
  absorb(hash, block, end / BLOCK, plain);
}

static void digest(const void *bytes, size_t length, bool plain, char hex[LB_SHA256_HEX])
{
  static const char DIGIT[] = "0123456789abcdef";
  uint32_t hash[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}; /* 5.3.3 */
  const uint8_t *data = bytes;
  size_t at = length / BLOCK * BLOCK;
  plain = plain || !has_instructions(); /* once: asking takes a while where a machine is virtual */
  if (at > 0) absorb(hash, data, at / BLOCK, plain);
  absorb_last(hash, length > at ? data + at : NULL, length - at, length, plain);
  for (size_t i = 0; i < LB_SHA256_HEX - 1; i++)
    hex[i] = DIGIT[hash[i / 8] >> (28 - 4 * (i % 8)) & 15];
  hex[LB_SHA256_HEX - 1] = '\0';
}

void lb_sha256_hex(const void *bytes, size_t length, char hex[LB_SHA256_HEX])
{
  digest(bytes, length, false, hex);
}

void lb_sha256_hex_plain(const void *bytes, size_t length, char hex[LB_SHA256_HEX])
{
  digest(bytes, length, true, hex);
}
