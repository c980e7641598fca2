/* package.h - the XML parts of an Office file: libzip unpacks, expat parses, both opened when first
 * used. */
#ifndef LB_IO_PACKAGE_H
#define LB_IO_PACKAGE_H
#include "base/error.h"
#include <stdbool.h>

typedef struct lb_package lb_package;

/* Against archives that unpack to more than a computer holds: the parts read may hold this many
 * bytes in all, and a part beyond the first MiB at most so many times its packed size. */
#define LB_PACKAGE_TOTAL_MAX ((size_t)1 << 30)
#define LB_PACKAGE_RATIO_MAX 300

/* What is called for each piece of XML, with names without their namespace prefix. A status other
 * than LB_OK, its error set, ends the parsing. */
typedef struct lb_xml_handlers {
  lb_status (*start)(void *context, const char *name, const char **attributes, lb_error *err);
  lb_status (*end)(void *context, const char *name, lb_error *err);
  lb_status (*text)(void *context, const char *text, size_t length, lb_error *err);
} lb_xml_handlers;

/* Borrows the bytes until lb_package_close. LB_EPARSE: no zip archive (an old .xls and an encrypted
 * file are named as such); LB_EIO: a library is missing, with its package. */
lb_status lb_package_open(const char *data, size_t length, lb_package **out, lb_error *err);
void lb_package_close(lb_package *package);
/* Parses a part. *found is false, and nothing else happens, when there is none of that name. A
 * document type declaration is refused. LB_EPARSE; LB_EDATA beyond the limits above; LB_EINTR. */
lb_status lb_package_parse(lb_package *package, const char *part, const lb_xml_handlers *handlers,
                           void *context, bool *found, lb_error *err);
/* Value of an attribute named without prefix; NULL when there is none. */
const char *lb_xml_attribute(const char **attributes, const char *name);
#endif
