/* crc32.h - the checksum of zip entries and PNG chunks (ISO 3309; polynomial 0xEDB88320). */
#ifndef LB_IO_CRC32_H
#define LB_IO_CRC32_H
#include <stddef.h>
#include <stdint.h>

/* The checksum of two byte ranges one after the other; the second may be empty. */
uint32_t lb_crc32(const void *first, size_t first_length, const void *second, size_t second_length);
#endif
