/* folder.h - folders for what a report writes. */
#ifndef LB_BASE_FOLDER_H
#define LB_BASE_FOLDER_H
#include <stdbool.h>

#include "base/error.h"

/* Makes a folder, not those above it; one that is there already is left as it is, and *made (may be
 * NULL) is false. LB_EIO when
 * something else has the name, when the folder above is missing or may not be written to. */
lb_status lb_folder_make(const char *path, bool *made, lb_error *err);
#endif
