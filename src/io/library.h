/* library.h - shared libraries that only some file formats need, opened when first used. */
#ifndef LB_IO_LIBRARY_H
#define LB_IO_LIBRARY_H
#include "base/error.h"

/* A function of the library, and the place of its pointer in a struct of function pointers. */
typedef struct lb_library_symbol {
  const char *name;
  size_t offset;
} lb_library_symbol;

typedef struct lb_library {
  const char *file;    /* "libzip.so.4": the version that its header describes */
  const char *package; /* Debian package that holds it */
  const char *purpose; /* "xlsx files" */
  const lb_library_symbol *symbol;
  size_t n_symbols;
} lb_library;

/* Opens the library and fills the struct of function pointers at `api`. The library stays loaded:
 * opening it again is cheap. LB_EIO naming the Debian package when the library, or a function of
 * it, is missing; api is then of no use. */
lb_status lb_library_open(const lb_library *library, void *api, lb_error *err);
#endif
