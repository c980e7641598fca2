/* sha256.h - SHA-256 (FIPS 180-4) of bytes in memory. */
#ifndef LB_IO_SHA256_H
#define LB_IO_SHA256_H
#include <stddef.h>

#define LB_SHA256_HEX 65
/* 64 lower-case hexadecimal digits and a NUL. */
void lb_sha256_hex(const void *bytes, size_t length, char hex[LB_SHA256_HEX]);
/* The same in plain C, without the processor's own instructions: what the tests compare with. */
void lb_sha256_hex_plain(const void *bytes, size_t length, char hex[LB_SHA256_HEX]);
#endif
