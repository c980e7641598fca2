/* package.c - parts of a zip archive streamed into an XML parser, with limits on what they unpack
 * to. */
#include "io/package.h"

#include <expat.h>
#include <string.h>
#include <zip.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "io/library.h"

#define BLOCK      ((size_t)64 * 1024)
#define BLOCK_MAX  ((size_t)64 * 1024 * 1024)
#define RATIO_FREE ((size_t)1 << 20) /* bytes of a part that the ratio does not judge */

typedef struct zip_api {
  __typeof__(zip_source_buffer_create) *source_buffer_create;
  __typeof__(zip_source_free) *source_free;
  __typeof__(zip_open_from_source) *open_from_source;
  __typeof__(zip_discard) *discard;
  __typeof__(zip_stat) *stat;
  __typeof__(zip_fopen) *fopen;
  __typeof__(zip_fread) *fread;
  __typeof__(zip_fclose) *fclose;
} zip_api;

typedef struct xml_api {
  __typeof__(XML_ParserCreate_MM) *create;
  __typeof__(XML_ParserFree) *free;
  __typeof__(XML_SetUserData) *set_user_data;
  __typeof__(XML_SetElementHandler) *set_element;
  __typeof__(XML_SetCharacterDataHandler) *set_text;
  __typeof__(XML_SetStartDoctypeDeclHandler) *set_doctype;
  __typeof__(XML_Parse) *parse;
  __typeof__(XML_StopParser) *stop;
  __typeof__(XML_GetErrorCode) *error_code;
  __typeof__(XML_ErrorString) *error_string;
  __typeof__(XML_GetCurrentLineNumber) *line;
} xml_api;

static const lb_library_symbol ZIP_SYMBOLS[] = {
    {"zip_source_buffer_create", offsetof(zip_api, source_buffer_create)},
    {"zip_source_free", offsetof(zip_api, source_free)},
    {"zip_open_from_source", offsetof(zip_api, open_from_source)},
    {"zip_discard", offsetof(zip_api, discard)},
    {"zip_stat", offsetof(zip_api, stat)},
    {"zip_fopen", offsetof(zip_api, fopen)},
    {"zip_fread", offsetof(zip_api, fread)},
    {"zip_fclose", offsetof(zip_api, fclose)},
};
static const lb_library_symbol XML_SYMBOLS[] = {
    {"XML_ParserCreate_MM", offsetof(xml_api, create)},
    {"XML_ParserFree", offsetof(xml_api, free)},
    {"XML_SetUserData", offsetof(xml_api, set_user_data)},
    {"XML_SetElementHandler", offsetof(xml_api, set_element)},
    {"XML_SetCharacterDataHandler", offsetof(xml_api, set_text)},
    {"XML_SetStartDoctypeDeclHandler", offsetof(xml_api, set_doctype)},
    {"XML_Parse", offsetof(xml_api, parse)},
    {"XML_StopParser", offsetof(xml_api, stop)},
    {"XML_GetErrorCode", offsetof(xml_api, error_code)},
    {"XML_ErrorString", offsetof(xml_api, error_string)},
    {"XML_GetCurrentLineNumber", offsetof(xml_api, line)},
};
static const lb_library ZIP = {"libzip.so.4", "libzip4", "xlsx files", ZIP_SYMBOLS,
                               sizeof ZIP_SYMBOLS / sizeof *ZIP_SYMBOLS};
static const lb_library XML = {"libexpat.so.1", "libexpat1", "xlsx files", XML_SYMBOLS,
                               sizeof XML_SYMBOLS / sizeof *XML_SYMBOLS};

struct lb_package {
  zip_api zip;
  xml_api xml;
  zip_t *archive;
  size_t length; /* of the archive */
  size_t total;  /* bytes unpacked so far */
};

static lb_status not_a_package(const char *data, size_t length, lb_error *err)
{
  static const char OLE[] = "\xD0\xCF\x11\xE0";
  if (length >= 4 && memcmp(data, OLE, 4) == 0) {
    lb_error_set(err, LB_EPARSE, "the file is encrypted, or of the old .xls format");
    return lb_error_mend(err, "Save it as .xlsx without a password.");
  }
  return lb_error_set(err, LB_EPARSE, "not an xlsx file: it is no zip archive, or is damaged");
}

lb_status lb_package_open(const char *data, size_t length, lb_package **out, lb_error *err)
{
  lb_package *p = lb_mem_zero(1, sizeof *p);
  if (p == NULL) return lb_error_nomem(err, "xlsx file");
  lb_status st = lb_library_open(&ZIP, &p->zip, err);
  if (st == LB_OK) st = lb_library_open(&XML, &p->xml, err);
  if (st != LB_OK) goto done;
  p->length = length;
  zip_source_t *source = p->zip.source_buffer_create(data, length, 0, NULL);
  if (source == NULL) {
    st = lb_error_nomem(err, "xlsx file");
    goto done;
  }
  p->archive = p->zip.open_from_source(source, ZIP_RDONLY, NULL);
  if (p->archive == NULL) {
    p->zip.source_free(source);
    st = not_a_package(data, length, err);
  }
done:
  if (st == LB_OK)
    *out = p;
  else
    lb_package_close(p);
  return st;
}

void lb_package_close(lb_package *package)
{
  if (package == NULL) return;
  if (package->archive != NULL) package->zip.discard(package->archive); /* frees its source too */
  lb_mem_free(package);
}

/* ---- XML ---- */

typedef struct parsing {
  const xml_api *xml;
  XML_Parser parser;
  const lb_xml_handlers *handlers;
  void *context;
  size_t n_events;
  lb_status status;
  lb_error *err;
} parsing;

static const char *local_name(const char *name)
{
  const char *colon = strrchr(name, ':');
  return colon == NULL ? name : colon + 1;
}

const char *lb_xml_attribute(const char **attributes, const char *name)
{
  for (size_t i = 0; attributes[i] != NULL; i += 2)
    if (strcmp(local_name(attributes[i]), name) == 0) return attributes[i + 1];
  return NULL;
}

static void note(parsing *p, lb_status st)
{
  if (st == LB_OK || p->status != LB_OK) return;
  p->status = st;
  p->xml->stop(p->parser, XML_FALSE);
}

/* After a stop, expat may still deliver pieces that it has in hand: they are passed over. */
static void XMLCALL on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
  parsing *p = context;
  p->n_events++;
  if (p->status == LB_OK)
    note(p, p->handlers->start(p->context, local_name(name), attributes, p->err));
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
  parsing *p = context;
  p->n_events++;
  if (p->status == LB_OK && p->handlers->end != NULL)
    note(p, p->handlers->end(p->context, local_name(name), p->err));
}

static void XMLCALL on_text(void *context, const XML_Char *text, int length)
{
  parsing *p = context;
  p->n_events++;
  if (p->status == LB_OK && p->handlers->text != NULL)
    note(p, p->handlers->text(p->context, text, (size_t)length, p->err));
}

static void XMLCALL on_doctype(void *context, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_subset)
{
  parsing *p = context;
  (void)name, (void)system_id, (void)public_id, (void)has_subset;
  note(p, lb_error_set(p->err, LB_EPARSE, "a document type declaration is not read"));
}

static void *xml_alloc(size_t size)
{
  return lb_mem_alloc(size);
}

static void *xml_resize(void *block, size_t size)
{
  return block == NULL ? lb_mem_alloc(size) : lb_mem_resize(block, 1, size);
}

static lb_status xml_failure(const parsing *p)
{
  enum XML_Error code = p->xml->error_code(p->parser);
  if (p->status != LB_OK) return p->status;
  if (code == XML_ERROR_NO_MEMORY) return lb_error_nomem(p->err, "xml");
  return lb_error_set(p->err, LB_EPARSE, "line %lu: %s", (unsigned long)p->xml->line(p->parser),
                      p->xml->error_string(code));
}

/* ---- Parts ---- */

/* A part being unpacked; its sizes are those of the archive's directory, which may lie. */
typedef struct unpacking {
  zip_file_t *file;
  size_t packed, unpacked;
  char *block;
  size_t size; /* of the block */
} unpacking;

/* total: of the parts read, this one as far as known */
static lb_status check_size(size_t total, size_t unpacked, const unpacking *u, lb_error *err)
{
  if (total > LB_PACKAGE_TOTAL_MAX)
    return lb_error_set(err, LB_EDATA, "the file unpacks to more than %zu MiB: it is not read",
                        LB_PACKAGE_TOTAL_MAX >> 20);
  if (unpacked > RATIO_FREE && unpacked / LB_PACKAGE_RATIO_MAX > u->packed)
    return lb_error_set(err, LB_EDATA,
                        "the part unpacks to more than %d times its size: it is not read",
                        LB_PACKAGE_RATIO_MAX);
  return LB_OK;
}

/* Fills the block as far as the part goes; *n: bytes in it. */
static lb_status fill_block(const lb_package *package, const unpacking *u, size_t *n, lb_error *err)
{
  for (*n = 0; *n < u->size;) {
    size_t room = u->size - *n;
    zip_int64_t got = package->zip.fread(u->file, u->block + *n, room < BLOCK ? room : BLOCK);
    if (got < 0) return lb_error_set(err, LB_EPARSE, "the part is damaged or encrypted");
    if (got == 0) break;
    if (lb_interrupted()) return lb_error_interrupted(err);
    *n += (size_t)got;
  }
  return LB_OK;
}

/* A block in which nothing ended is scanned again with the next one: were all blocks of one size,
 * a comment of a few hundred MB would take hours. */
static lb_status larger_block(unpacking *u, lb_error *err)
{
  if (u->size == BLOCK_MAX) return LB_OK;
  char *larger = lb_mem_resize(u->block, u->size, 2);
  if (larger == NULL) return lb_error_nomem(err, "xml");
  u->block = larger;
  u->size *= 2;
  return LB_OK;
}

static lb_status feed(lb_package *package, unpacking *u, parsing *p)
{
  lb_status st = check_size(package->total + u->unpacked, u->unpacked, u, p->err);
  for (size_t unpacked = 0; st == LB_OK;) {
    size_t n, n_events = p->n_events;
    st = fill_block(package, u, &n, p->err);
    if (st != LB_OK) break;
    unpacked += n;
    package->total += n;
    if (unpacked > u->unpacked) st = lb_error_set(p->err, LB_EPARSE, "the part is damaged");
    if (st == LB_OK) st = check_size(package->total, unpacked, u, p->err);
    if (st != LB_OK) break;
    if (p->xml->parse(p->parser, u->block, (int)n, n == 0) != XML_STATUS_OK) return xml_failure(p);
    if (n == 0) break;
    if (p->n_events == n_events) st = larger_block(u, p->err);
  }
  return st;
}

static lb_status parse_file(lb_package *package, unpacking *u, parsing *p)
{
  static const XML_Memory_Handling_Suite MEMORY = {xml_alloc, xml_resize, lb_mem_free};
  u->size = BLOCK;
  u->block = lb_mem_alloc(BLOCK);
  p->xml = &package->xml;
  p->parser = u->block == NULL ? NULL : p->xml->create(NULL, &MEMORY, NULL);
  lb_status st;
  if (p->parser == NULL) {
    st = lb_error_nomem(p->err, "xml");
  } else {
    p->xml->set_user_data(p->parser, p);
    p->xml->set_element(p->parser, on_start, on_end);
    p->xml->set_text(p->parser, on_text);
    p->xml->set_doctype(p->parser, on_doctype);
    st = feed(package, u, p);
    p->xml->free(p->parser);
  }
  lb_mem_free(u->block);
  return st;
}

lb_status lb_package_parse(lb_package *package, const char *part, const lb_xml_handlers *handlers,
                           void *context, bool *found, lb_error *err)
{
  zip_stat_t info;
  lb_error scratch = {0}; /* the status must not be lost where the caller wants no message */
  parsing p = {.handlers = handlers, .context = context, .err = err == NULL ? &scratch : err};
  if (part[0] == '/') part++;
  *found = package->zip.stat(package->archive, part, ZIP_FL_NOCASE, &info) == 0;
  if (!*found) return LB_OK;
  unpacking u = {.packed = info.comp_size < package->length ? info.comp_size : package->length,
                 .unpacked = info.size};
  u.file = package->zip.fopen(package->archive, part, ZIP_FL_NOCASE);
  if (u.file == NULL)
    return lb_error_set(err, LB_EPARSE, "%s: the part is damaged or encrypted", part);
  lb_status st = parse_file(package, &u, &p);
  package->zip.fclose(u.file);
  if (st != LB_OK && st != LB_ENOMEM && st != LB_EINTR) lb_error_in(err, "%s", part);
  return st;
}
