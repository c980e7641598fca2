/* por_table.h - the table of characters of an SPSS portable file, made fit for ReadStat. */
#ifndef LB_IO_POR_TABLE_H
#define LB_IO_POR_TABLE_H
#include "base/error.h"

/* A portable file says for each of 256 characters which byte stands for it. GNU PSPP (and others)
 * write the byte of a plain character also for its look-alikes, "1" for a superscript one; ReadStat
 * takes the last of them, and then finds no digit in the file. Here the first one holds.
 *   *mended  a copy, freed with lb_mem_free; NULL where the file is to be read as it is
 * LB_ENOMEM. */
lb_status lb_por_mend(const char *data, size_t length, char **mended, lb_error *err);
#endif
