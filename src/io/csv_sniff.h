/* csv_sniff.h - the separator of a csv text, from samples of its head, middle and tail. */
#ifndef LB_IO_CSV_SNIFF_H
#define LB_IO_CSV_SNIFF_H
#include <stddef.h>

/* One of , ; tab |: the one that cuts the rows of all samples into as many fields as the header, at
 * least 2; of several the one with most; when none does, the one with most fields in the header. */
char lb_csv_sniff(const char *text, size_t length);
#endif
