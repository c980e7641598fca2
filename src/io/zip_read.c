/* zip_read.c - unpacks a small archive part by part, counting the bytes that really come out. */
#include "io/zip_read.h"

#include <string.h>
#include <sys/stat.h>
#include <zip.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/library.h"

#define BLOCK      ((size_t)16 * 1024)
#define MODE_SHIFT 16 /* the upper half of the external attributes is st_mode (APPNOTE 4.4.15) */

typedef struct zip_api {
  __typeof__(zip_source_buffer_create) *source_buffer_create;
  __typeof__(zip_source_free) *source_free;
  __typeof__(zip_open_from_source) *open_from_source;
  __typeof__(zip_discard) *discard;
  __typeof__(zip_get_num_entries) *get_num_entries;
  __typeof__(zip_get_name) *get_name;
  __typeof__(zip_file_get_external_attributes) *get_attributes;
  __typeof__(zip_fopen_index) *fopen_index;
  __typeof__(zip_fread) *fread;
  __typeof__(zip_fclose) *fclose;
} zip_api;

static const lb_library_symbol SYMBOLS[] = {
    {"zip_source_buffer_create", offsetof(zip_api, source_buffer_create)},
    {"zip_source_free", offsetof(zip_api, source_free)},
    {"zip_open_from_source", offsetof(zip_api, open_from_source)},
    {"zip_discard", offsetof(zip_api, discard)},
    {"zip_get_num_entries", offsetof(zip_api, get_num_entries)},
    {"zip_get_name", offsetof(zip_api, get_name)},
    {"zip_file_get_external_attributes", offsetof(zip_api, get_attributes)},
    {"zip_fopen_index", offsetof(zip_api, fopen_index)},
    {"zip_fread", offsetof(zip_api, fread)},
    {"zip_fclose", offsetof(zip_api, fclose)},
};
static const lb_library ZIP = {"libzip.so.4", "libzip4", "zip archives", SYMBOLS,
                               sizeof SYMBOLS / sizeof *SYMBOLS};

typedef struct reading {
  zip_api zip;
  zip_t *archive;
  size_t left; /* bytes that may still come */
  lb_error *err;
} reading;

void lb_zip_parts_reset(lb_zip_parts *parts)
{
  for (size_t i = 0; i < parts->n; i++) {
    lb_mem_free(parts->part[i].name);
    lb_mem_free(parts->part[i].data);
  }
  lb_mem_free(parts->part);
  *parts = (lb_zip_parts){0};
}

/* A part that would become something else than a plain file. */
static lb_status check_kind(reading *r, zip_uint64_t i, const char *name)
{
  zip_uint8_t system = 0;
  zip_uint32_t attributes = 0;
  size_t n = strlen(name);
  if (n > 0 && name[n - 1] == '/')
    return lb_error_set(r->err, LB_EDATA, "the archive holds a folder: files only");
  if (r->zip.get_attributes(r->archive, i, 0, &system, &attributes) != 0) return LB_OK;
  unsigned mode = attributes >> MODE_SHIFT & S_IFMT;
  if (system != ZIP_OPSYS_UNIX || mode == 0 || mode == S_IFREG) return LB_OK;
  return lb_error_set(r->err, LB_EDATA, "the archive holds %s: files only",
                      mode == S_IFLNK ? "a symbolic link" : "something else than a file");
}

static lb_status unpack(reading *r, zip_file_t *file, lb_str *text)
{
  char block[BLOCK];
  for (;;) {
    zip_int64_t n = r->zip.fread(file, block, BLOCK);
    if (n < 0)
      return lb_error_set(r->err, LB_EPARSE, "a part of the archive is damaged or encrypted");
    if (n == 0) return text->failed ? lb_error_nomem(r->err, "zip archive") : LB_OK;
    if ((size_t)n > r->left)
      return lb_error_set(r->err, LB_EDATA, "the archive unpacks to more than is allowed");
    if (lb_interrupted()) return lb_error_interrupted(r->err);
    r->left -= (size_t)n;
    lb_str_add(text, block, (size_t)n);
  }
}

static lb_status read_part(reading *r, zip_uint64_t i, lb_zip_part *out)
{
  const char *name = r->zip.get_name(r->archive, i, 0);
  if (name == NULL) return lb_error_set(r->err, LB_EPARSE, "a part of the archive has no name");
  lb_status st = check_kind(r, i, name);
  if (st != LB_OK) return st;
  zip_file_t *file = r->zip.fopen_index(r->archive, i, 0);
  if (file == NULL)
    return lb_error_set(r->err, LB_EPARSE, "a part of the archive is damaged or encrypted");
  lb_str text = {0};
  st = unpack(r, file, &text);
  r->zip.fclose(file);
  if (st == LB_OK) {
    out->length = text.length;
    out->data = text.length == 0 ? lb_mem_text("", 0) : lb_str_take(&text, &out->length);
    out->name = lb_mem_text(name, strlen(name));
    if (out->name == NULL || out->data == NULL) st = lb_error_nomem(r->err, "zip archive");
  }
  lb_str_reset(&text);
  return st;
}

static lb_status check_unique(const lb_zip_parts *parts, lb_error *err)
{
  for (size_t i = 1; i < parts->n; i++)
    for (size_t k = 0; k < i; k++)
      if (strcmp(parts->part[i].name, parts->part[k].name) == 0)
        return lb_error_set(err, LB_EDATA, "the archive holds two parts of one name");
  return LB_OK;
}

static lb_status read_parts(reading *r, const lb_zip_limits *limits, lb_zip_parts *parts)
{
  zip_int64_t n = r->zip.get_num_entries(r->archive, 0);
  if (n < 0 || (size_t)n > limits->most_parts)
    return lb_error_set(r->err, LB_EDATA, "the archive holds more than %zu parts",
                        limits->most_parts);
  if (n == 0) return LB_OK;
  parts->part = lb_mem_zero((size_t)n, sizeof *parts->part);
  if (parts->part == NULL) return lb_error_nomem(r->err, "zip archive");
  parts->n = (size_t)n;
  for (size_t i = 0; i < parts->n; i++) {
    lb_status st = read_part(r, i, &parts->part[i]);
    if (st != LB_OK) return st;
  }
  return check_unique(parts, r->err);
}

/* Opens the archive; libzip borrows the bytes until it is discarded. */
static lb_status open_archive(reading *r, const char *data, size_t length)
{
  lb_status st = lb_library_open(&ZIP, &r->zip, r->err);
  if (st != LB_OK) return st;
  if (length == 0) return lb_error_set(r->err, LB_EPARSE, "an empty file is no zip archive");
  zip_source_t *source = r->zip.source_buffer_create(data, length, 0, NULL);
  if (source == NULL) return lb_error_nomem(r->err, "zip archive");
  r->archive = r->zip.open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, NULL);
  if (r->archive != NULL) return LB_OK;
  r->zip.source_free(source);
  return lb_error_set(r->err, LB_EPARSE, "not a zip archive, or a damaged one");
}

lb_status lb_zip_read(const char *data, size_t length, const lb_zip_limits *limits,
                      lb_zip_parts *out, lb_error *err)
{
  lb_error scratch = {0};
  reading r = {.left = limits->most_bytes, .err = err == NULL ? &scratch : err};
  lb_zip_parts parts = {0};
  lb_status st = open_archive(&r, data, length);
  if (st == LB_OK) st = read_parts(&r, limits, &parts);
  if (r.archive != NULL) r.zip.discard(r.archive);
  if (st == LB_OK)
    *out = parts;
  else
    lb_zip_parts_reset(&parts);
  return st;
}
