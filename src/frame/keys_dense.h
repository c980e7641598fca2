/* keys_dense.h - keys that number a narrow range, such as 1001 or P00017: codes without a hash
 * table. Only for keys.c. */
#ifndef LB_FRAME_KEYS_DENSE_H
#define LB_FRAME_KEYS_DENSE_H
#include "frame/column.h"

#define LB_KEY_MISSING (LB_NO_ROW - 1) /* a key cell is missing, as against: no partner */

/* Codes of two columns of one type: integers, dates, date-times, or texts of one length that are a
 * prefix all share and up to eight digits. code[i] is written whole for columns[i]; a key of the
 * second that the first cannot have is LB_NO_ROW. *done false: the first column's keys are not of
 * that kind, or not narrow, and nothing is said about `code`. LB_EINTR. */
lb_status lb_keys_dense(const lb_column *const columns[2], lb_row *const code[2], size_t *n_codes,
                        bool *done, lb_error *err);
#endif
