/* xpt_member.h - the data sets of a SAS transport file: ReadStat takes all that follows the first
 * for rows of it. */
#ifndef LB_IO_XPT_MEMBER_H
#define LB_IO_XPT_MEMBER_H
#include "base/error.h"

/* A transport file (version 5 or 8) with one of its data sets only.
 *   name  of the data set; NULL: there is one
 *   *cut  a new file, freed with lb_mem_free, or NULL where data is to be read as it is: because it
 *         holds one data set, or is no transport file at all
 * LB_EARG: several, and no name; LB_ENAME: none of that name (did you mean); LB_ENOMEM. */
lb_status lb_xpt_member(const char *data, size_t length, const char *name, char **cut,
                        size_t *cut_length, lb_error *err);
#endif
