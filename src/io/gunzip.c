/* gunzip.c - gzip files into memory through zlib's inflate; the library is opened on first use, so
 * that the program starts without it. */
#include "io/gunzip.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/mem.h"

#define GZIP_WINDOW    (15 + 16) /* zlib's word for: 32 KB window, gzip header */
#define FIRST_CAPACITY ((size_t)1 << 16)
#define STEP           ((size_t)4 << 20) /* bytes a call, so that Ctrl-C is seen */

typedef struct zlib {
  void *library;
  int (*init)(z_streamp, int, const char *, int);
  int (*inflate)(z_streamp, int);
  int (*reset)(z_streamp);
  int (*end)(z_streamp);
} zlib;

/* ISO C has no conversion from dlsym's pointer to one to a function; POSIX has. */
static bool find(void *library, const char *name, void *function)
{
  void *symbol = dlsym(library, name);
  memcpy(function, &symbol, sizeof symbol);
  return symbol != NULL;
}

static bool open_zlib(zlib *z)
{
  z->library = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);
  return z->library != NULL && find(z->library, "inflateInit2_", &z->init) &&
         find(z->library, "inflate", &z->inflate) && find(z->library, "inflateReset", &z->reset) &&
         find(z->library, "inflateEnd", &z->end);
}

bool lb_is_gzip(const char *bytes, size_t length)
{
  return length >= 3 && memcmp(bytes, "\x1f\x8b\x08", 3) == 0;
}

/* Text that grows. */
typedef struct growing {
  char *data;
  size_t length, capacity, most;
} growing;

static bool make_room(growing *g)
{
  if (g->length < g->capacity) return true;
  size_t capacity = g->capacity == 0 ? FIRST_CAPACITY : 2 * g->capacity;
  char *larger = lb_mem_resize(g->data, capacity, 1);
  if (larger == NULL) return false;
  g->data = larger;
  g->capacity = capacity;
  return true;
}

static unsigned step_of(size_t left)
{
  return (unsigned)(left < STEP ? left : STEP);
}

/* Inflates until the end of the input. Files made by joining gzip files have several members; zeros
 * after the last are padding. */
static lb_status inflate_all(const zlib *z, z_stream *s, const char *bytes, size_t length,
                             growing *g)
{
  size_t used = 0;
  for (;;) {
    if (lb_interrupted()) return LB_EINTR;
    if (g->length == g->capacity && g->capacity > g->most / 2) return LB_EDATA;
    if (!make_room(g)) return LB_ENOMEM;
    s->next_in = (Bytef *)(uintptr_t)(bytes + used);
    s->avail_in = step_of(length - used);
    s->next_out = (Bytef *)(g->data + g->length);
    s->avail_out = step_of(g->capacity - g->length);
    unsigned in = s->avail_in, out = s->avail_out;
    int code = z->inflate(s, Z_NO_FLUSH);
    used += in - s->avail_in;
    g->length += out - s->avail_out;
    if (code == Z_MEM_ERROR) return LB_ENOMEM;
    if (code == Z_STREAM_END) {
      if (!lb_is_gzip(bytes + used, length - used)) {
        for (; used < length; used++)
          if (bytes[used] != '\0') return LB_EPARSE;
        return LB_OK;
      }
      if (z->reset(s) != Z_OK) return LB_EPARSE;
    } else if (code != Z_OK || (s->avail_out > 0 && used == length)) {
      return LB_EPARSE;
    }
  }
}

static lb_status explain(lb_status st, lb_error *err)
{
  switch (st) {
  case LB_OK:
    return LB_OK;
  case LB_ENOMEM:
    return lb_error_nomem(err, "unzipped file");
  case LB_EINTR:
    return lb_error_interrupted(err);
  case LB_EDATA:
    return lb_error_set(err, LB_EDATA,
                        "the gzip file unpacks to more than half of this machine's memory");
  default:
    return lb_error_set(err, LB_EPARSE, "the gzip file is damaged or cut off");
  }
}

lb_status lb_gunzip(const char *bytes, size_t length, char **out, size_t *out_length, lb_error *err)
{
  zlib z = {0};
  z_stream s = {0};
  growing g = {.most = lb_file_unsized_max()};
  lb_status st = LB_EIO;
  bool opened = open_zlib(&z);
  if (!opened) {
    lb_error_set(err, LB_EIO, "zlib is not installed: gzip files cannot be read");
    lb_error_mend(err, "Install the package zlib1g, or unpack the file with gunzip.");
    goto done;
  }
  opened = z.init(&s, GZIP_WINDOW, ZLIB_VERSION, (int)sizeof s) == Z_OK;
  if (!opened) {
    st = lb_error_nomem(err, "zlib");
    goto done;
  }
  st = explain(inflate_all(&z, &s, bytes, length, &g), err);
  z.end(&s);
  if (st != LB_OK) goto done;
  *out = g.data;
  *out_length = g.length;
  g.data = NULL;
done:
  lb_mem_free(g.data);
  if (z.library != NULL) dlclose(z.library);
  return st;
}
