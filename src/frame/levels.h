/* levels.h - levels of a factor renamed, merged or set to missing. */
#ifndef LB_FRAME_LEVELS_H
#define LB_FRAME_LEVELS_H
#include "frame/column.h"

/* Factor whose level i is called to[i]; NULL: its rows become missing. Levels of one name are one,
 * in the place of the first of them. Order, label and unit stay. LB_ETYPE: no factor; LB_EARG: n is
 * not its number of levels. */
lb_status lb_column_map_levels(const lb_column *column, const char *const *to, size_t n,
                               lb_column **out, lb_error *err);
#endif
