/* sha256.c - SHA-256 after FIPS 180-4, section 6.2: whole 64-byte blocks, then the padded rest. */
#include "io/sha256.h"

#include <stdint.h>
#include <string.h>

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
static void absorb(uint32_t hash[8], const uint8_t *block)
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

/* The rest, a 1 bit, zeros, and the length in bits (5.1.1): one block, or two. */
static void absorb_last(uint32_t hash[8], const uint8_t *rest, size_t n, size_t total)
{
  uint8_t block[2 * BLOCK] = {0};
  if (n > 0) memcpy(block, rest, n);
  block[n] = 0x80;
  size_t end = n + 9 <= BLOCK ? BLOCK : 2 * BLOCK;
  uint64_t bits = (uint64_t)total * 8;
  for (size_t i = 0; i < 8; i++) block[end - 1 - i] = (uint8_t)(bits >> (8 * i));
  for (size_t at = 0; at < end; at += BLOCK) absorb(hash, block + at);
}

void lb_sha256_hex(const void *bytes, size_t length, char hex[LB_SHA256_HEX])
{
  static const char DIGIT[] = "0123456789abcdef";
  uint32_t hash[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}; /* 5.3.3 */
  const uint8_t *data = bytes;
  size_t at = 0;
  for (; length - at >= BLOCK; at += BLOCK) absorb(hash, data + at);
  absorb_last(hash, length > at ? data + at : NULL, length - at, length);
  for (size_t i = 0; i < LB_SHA256_HEX - 1; i++)
    hex[i] = DIGIT[hash[i / 8] >> (28 - 4 * (i % 8)) & 15];
  hex[LB_SHA256_HEX - 1] = '\0';
}
