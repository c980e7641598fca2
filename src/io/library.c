/* library.c - dlopen and a table of symbols: a machine without a library learns which package has
 * it. */
#include "io/library.h"

#include <dlfcn.h>
#include <string.h>

lb_status lb_library_open(const lb_library *library, void *api, lb_error *err)
{
  void *handle = dlopen(library->file, RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) {
    lb_error_set(err, LB_EIO, "%s need the library %s, which this computer does not have",
                 library->purpose, library->file);
    return lb_error_mend(err, "On Debian or Ubuntu: apt install %s", library->package);
  }
  for (size_t i = 0; i < library->n_symbols; i++) {
    void *symbol = dlsym(handle, library->symbol[i].name);
    if (symbol == NULL) {
      lb_error_set(err, LB_EIO, "%s: the library %s on this computer has no function %s",
                   library->purpose, library->file, library->symbol[i].name);
      return lb_error_mend(err, "It is too old. On Debian or Ubuntu: apt install %s",
                           library->package);
    }
    /* ISO C has no conversion from an object pointer to a function pointer; POSIX gives both one
     * size. */
    memcpy((char *)api + library->symbol[i].offset, &symbol, sizeof symbol);
  }
  return LB_OK; /* the handle is kept open on purpose */
}
