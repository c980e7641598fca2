/* render.h - SVG drawn as PNG or PDF by librsvg and cairo, which are opened when first used. */
#ifndef LB_IO_RENDER_H
#define LB_IO_RENDER_H
#include "base/error.h"

typedef struct lb_svg {
  const char *text; /* with a width and height of its own, in mm or pt */
  size_t length;
} lb_svg;

/* The shared libraries to open: Debian's names; tests name others. */
typedef struct lb_render_libraries {
  const char *rsvg, *cairo, *gobject, *glib, *fontconfig;
} lb_render_libraries;
#define LB_RENDER_LIBRARIES                                                                        \
  ((lb_render_libraries){"librsvg-2.so.2", "libcairo.so.2", "libgobject-2.0.so.0",                 \
                         "libglib-2.0.so.0", "libfontconfig.so.1"})

/* Both draw on white, make the same bytes every time with the same libraries and fonts, and refuse
 * with LB_EIO and the Debian package to install where a library is not there, or no font that has
 * the widths of Liberation Sans: text would run over its place.
 *   libraries  NULL: LB_RENDER_LIBRARIES
 *   out        freed with lb_mem_free; untouched on failure
 * LB_EPARSE when the text is no SVG with a size; LB_EARG for a picture of more than 32,767 pixels;
 * LB_EINTR; LB_ENOMEM. */

/* PNG, 8-bit RGB, its resolution (dots per inch) written into it. */
lb_status lb_render_png(const lb_svg *svg, double dpi, const lb_render_libraries *libraries,
                        char **out, size_t *length, lb_error *err);

typedef struct lb_pdf_options {
  const char *title, *author; /* UTF-8; NULL for none */
  const lb_render_libraries *libraries;
} lb_pdf_options;
/* PDF with one page of its own size per SVG; text stays text, fonts are embedded. No dates. */
lb_status lb_render_pdf(const lb_svg *pages, size_t n, const lb_pdf_options *options, char **out,
                        size_t *length, lb_error *err);
#endif
