/* render.c - SVG drawn as PNG or PDF: librsvg reads and draws, cairo writes. Both come by dlopen,
 * so that scripts without figures never pay for them; the few prototypes are declared here. */
#include "io/render.h"

#include <dlfcn.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/crc32.h"

#define FORMAT_RGB24       1     /* CAIRO_FORMAT_RGB24 */
#define STATUS_WRITE_ERROR 11    /* CAIRO_STATUS_WRITE_ERROR */
#define METADATA_TITLE     0     /* CAIRO_PDF_METADATA_TITLE */
#define METADATA_AUTHOR    1     /* CAIRO_PDF_METADATA_AUTHOR */
#define METADATA_CREATED   5     /* CAIRO_PDF_METADATA_CREATE_DATE */
#define MOST_PIXELS        32767 /* a side of a cairo image */
#define POINTS_PER_INCH    72.0
#define FONT               "Liberation Sans"

typedef struct rectangle {
  double x, y, width, height;
} rectangle;

typedef struct glib_error {
  uint32_t domain;
  int code;
  char *message;
} glib_error;

typedef int (*writer)(void *closure, const unsigned char *data, unsigned length);

/* The functions of the libraries; objects of theirs are void *. */
typedef struct render_api {
  void *(*svg_new)(const unsigned char *data, size_t length, glib_error **error);
  void (*svg_set_dpi)(void *svg, double dpi);
  int (*svg_size)(void *svg, double *width, double *height);
  int (*svg_draw)(void *svg, void *cairo, const rectangle *viewport, glib_error **error);
  void (*unref)(void *object);
  void (*error_free)(glib_error *error);
  void *(*image_new)(int format, int width, int height);
  int (*image_write)(void *surface, writer write, void *closure);
  void *(*pdf_new)(writer write, void *closure, double width, double height);
  void (*pdf_set_size)(void *surface, double width, double height);
  void (*pdf_set_metadata)(void *surface, int key, const char *value);
  void (*surface_finish)(void *surface);
  void (*surface_free)(void *surface);
  int (*surface_status)(void *surface);
  void *(*cairo_new)(void *surface);
  void (*cairo_free)(void *cairo);
  int (*cairo_status)(void *cairo);
  void (*source_rgb)(void *cairo, double red, double green, double blue);
  void (*paint)(void *cairo);
  void (*show_page)(void *cairo);
  const char *(*status_text)(int status);
  void *(*font_parse)(const unsigned char *name);
  int (*font_substitute)(void *config, void *pattern, int kind);
  void (*font_defaults)(void *pattern);
  void *(*font_match)(void *config, void *pattern, int *result);
  int (*font_text)(const void *pattern, const char *object, int n, unsigned char **text);
  void (*font_free)(void *pattern);
} render_api;

typedef struct symbol {
  const char *name;
  size_t offset;
} symbol;
#define SYMBOL(member, name)                                                                       \
  {                                                                                                \
    name, offsetof(render_api, member)                                                             \
  }

static const symbol RSVG[] = {SYMBOL(svg_new, "rsvg_handle_new_from_data"),
                              SYMBOL(svg_set_dpi, "rsvg_handle_set_dpi"),
                              SYMBOL(svg_size, "rsvg_handle_get_intrinsic_size_in_pixels"),
                              SYMBOL(svg_draw, "rsvg_handle_render_document"),
                              {NULL, 0}};
static const symbol CAIRO[] = {SYMBOL(image_new, "cairo_image_surface_create"),
                               SYMBOL(image_write, "cairo_surface_write_to_png_stream"),
                               SYMBOL(pdf_new, "cairo_pdf_surface_create_for_stream"),
                               SYMBOL(pdf_set_size, "cairo_pdf_surface_set_size"),
                               SYMBOL(pdf_set_metadata, "cairo_pdf_surface_set_metadata"),
                               SYMBOL(surface_finish, "cairo_surface_finish"),
                               SYMBOL(surface_free, "cairo_surface_destroy"),
                               SYMBOL(surface_status, "cairo_surface_status"),
                               SYMBOL(cairo_new, "cairo_create"),
                               SYMBOL(cairo_free, "cairo_destroy"),
                               SYMBOL(cairo_status, "cairo_status"),
                               SYMBOL(source_rgb, "cairo_set_source_rgb"),
                               SYMBOL(paint, "cairo_paint"),
                               SYMBOL(show_page, "cairo_show_page"),
                               SYMBOL(status_text, "cairo_status_to_string"),
                               {NULL, 0}};
static const symbol GOBJECT[] = {SYMBOL(unref, "g_object_unref"), {NULL, 0}};
static const symbol GLIB[] = {SYMBOL(error_free, "g_error_free"), {NULL, 0}};
static const symbol FONTCONFIG[] = {SYMBOL(font_parse, "FcNameParse"),
                                    SYMBOL(font_substitute, "FcConfigSubstitute"),
                                    SYMBOL(font_defaults, "FcDefaultSubstitute"),
                                    SYMBOL(font_match, "FcFontMatch"),
                                    SYMBOL(font_text, "FcPatternGetString"),
                                    SYMBOL(font_free, "FcPatternDestroy"),
                                    {NULL, 0}};

/* Opens a library for good (GLib's types cannot be unloaded) and looks its functions up. */
static lb_status open_library(render_api *api, const char *file, const symbol *symbols,
                              const char *package, lb_error *err)
{
  void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == NULL) {
    lb_error_set(err, LB_EIO, "drawing PNG and PDF needs the package %s, which is not here",
                 package);
    lb_error_mend(err, "Install it: apt-get install %s fonts-liberation. SVG needs nothing.",
                  package);
    return LB_EIO;
  }
  do {
    void *function = dlsym(library, symbols->name);
    if (function == NULL) {
      lb_error_set(err, LB_EIO, "%s has no '%s': it is too old", file, symbols->name);
      lb_error_mend(err, "librsvg 2.52 and cairo 1.16 or later are needed (Debian 12).");
      return LB_EIO;
    }
    memcpy((char *)api + symbols->offset, &function, sizeof function);
  } while ((++symbols)->name != NULL);
  return LB_OK;
}

/* Our layouts are made with Liberation Sans's widths, which these families share. */
static lb_status check_font(const render_api *api, lb_error *err)
{
  static const char *const same[] = {FONT, "Arial", "Helvetica", "Arimo", "Nimbus Sans"};
  bool found = false;
  int result;
  unsigned char *family = NULL;
  void *pattern = api->font_parse((const unsigned char *)FONT ",Arial,Helvetica");
  if (pattern == NULL) return lb_error_nomem(err, "font");
  api->font_substitute(NULL, pattern, 0);
  api->font_defaults(pattern);
  void *match = api->font_match(NULL, pattern, &result);
  if (match != NULL && api->font_text(match, "family", 0, &family) == 0) {
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
      found = found || strcmp((const char *)family, same[i]) == 0;
  }
  if (match != NULL) api->font_free(match);
  api->font_free(pattern);
  if (found) return LB_OK;
  lb_error_set(err, LB_EIO, "no font with the widths of " FONT " is here");
  lb_error_mend(err, "Install it: apt-get install fonts-liberation.");
  return LB_EIO;
}

static lb_status open_api(render_api *api, const lb_render_libraries *libraries, lb_error *err)
{
  lb_render_libraries from = libraries == NULL ? LB_RENDER_LIBRARIES : *libraries;
  lb_status st = open_library(api, from.rsvg, RSVG, "librsvg2-2", err);
  if (st == LB_OK) st = open_library(api, from.cairo, CAIRO, "libcairo2", err);
  if (st == LB_OK) st = open_library(api, from.gobject, GOBJECT, "libglib2.0-0", err);
  if (st == LB_OK) st = open_library(api, from.glib, GLIB, "libglib2.0-0", err);
  if (st == LB_OK) st = open_library(api, from.fontconfig, FONTCONFIG, "libfontconfig1", err);
  return st == LB_OK ? check_font(api, err) : st;
}

static int to_buffer(void *closure, const unsigned char *data, unsigned length)
{
  lb_str *out = closure;
  lb_str_add(out, (const char *)data, length);
  return out->failed ? STATUS_WRITE_ERROR : 0;
}

/* An error of GLib's, handed over; its words may quote the text, so they are not repeated. */
static lb_status parse_error(const render_api *api, glib_error *error, lb_error *err)
{
  if (error != NULL) api->error_free(error);
  return lb_error_set(err, LB_EPARSE, "the figure's SVG could not be drawn");
}

/* A handle whose size in pixels at this resolution is known; *svg is unref'd by the caller. */
static lb_status open_svg(const render_api *api, const lb_svg *source, double dpi, void **svg,
                          rectangle *size, lb_error *err)
{
  glib_error *error = NULL;
  *svg = api->svg_new((const unsigned char *)source->text, source->length, &error);
  if (*svg == NULL) return parse_error(api, error, err);
  api->svg_set_dpi(*svg, dpi);
  *size = (rectangle){0, 0, 0, 0};
  if (!api->svg_size(*svg, &size->width, &size->height) || !(size->width > 0 && size->height > 0))
    return lb_error_set(err, LB_EPARSE, "the figure's SVG has no width and height");
  return LB_OK;
}

static lb_status draw(const render_api *api, void *svg, void *cairo, const rectangle *size,
                      lb_error *err)
{
  glib_error *error = NULL;
  if (!api->svg_draw(svg, cairo, size, &error)) return parse_error(api, error, err);
  return LB_OK;
}

static lb_status cairo_failed(const render_api *api, int status, const lb_str *out, lb_error *err)
{
  if (out->failed) return lb_error_nomem(err, "picture");
  return lb_error_set(err, LB_EIO, "cairo: %s", api->status_text(status));
}

/* The picture with a chunk pHYs after the header: cairo writes no resolution, and journals' checks
 * would then take 72 dots per inch for granted. */
static void add_resolution(lb_str *out, const lb_str *png, double dpi)
{
  enum { HEADER = 8 + 25 }; /* signature, IHDR */
  uint32_t per_metre = (uint32_t)lround(dpi / 0.0254);
  unsigned char chunk[4 + 9 + 4] = {'p', 'H', 'Y', 's'};
  for (int i = 0; i < 4; i++)
    chunk[4 + i] = chunk[8 + i] = (unsigned char)(per_metre >> (24 - 8 * i) & 0xFF);
  chunk[12] = 1; /* per metre */
  uint32_t crc = lb_crc32(chunk, 13, NULL, 0);
  for (int i = 0; i < 4; i++) chunk[13 + i] = (unsigned char)(crc >> (24 - 8 * i) & 0xFF);
  lb_str_add(out, png->data, HEADER);
  lb_str_add(out, "\0\0\0\x09", 4);
  lb_str_add(out, (const char *)chunk, sizeof chunk);
  lb_str_add(out, png->data + HEADER, png->length - HEADER);
}

static lb_status hand_over(lb_str *s, char **out, size_t *length, lb_error *err)
{
  size_t size;
  char *bytes = lb_str_take(s, &size);
  if (bytes == NULL) return lb_error_nomem(err, "picture");
  *out = bytes;
  *length = size;
  return LB_OK;
}

/* Draws an opened SVG on a white image and writes it as PNG. */
static lb_status write_image(const render_api *api, void *svg, const rectangle *size, lb_str *png,
                             lb_error *err)
{
  rectangle pixels = {0, 0, ceil(size->width - 1e-6), ceil(size->height - 1e-6)};
  if (pixels.width > MOST_PIXELS || pixels.height > MOST_PIXELS)
    return lb_error_set(err, LB_EARG, "the picture would have %.0f x %.0f pixels, more than %d",
                        pixels.width, pixels.height, MOST_PIXELS);
  void *image = api->image_new(FORMAT_RGB24, (int)pixels.width, (int)pixels.height);
  void *cairo = api->cairo_new(image);
  api->source_rgb(cairo, 1, 1, 1);
  api->paint(cairo);
  lb_status st = draw(api, svg, cairo, &pixels, err);
  int status = api->cairo_status(cairo);
  if (st == LB_OK && status == 0) status = api->image_write(image, to_buffer, png);
  if (st == LB_OK && status != 0) st = cairo_failed(api, status, png, err);
  api->cairo_free(cairo);
  api->surface_free(image);
  return st;
}

lb_status lb_render_png(const lb_svg *source, double dpi, const lb_render_libraries *libraries,
                        char **out, size_t *length, lb_error *err)
{
  render_api api;
  rectangle size = {0, 0, 0, 0};
  void *svg = NULL;
  lb_str png = {0}, whole = {0};
  if (!(dpi >= 1 && dpi <= 10000)) return lb_error_set(err, LB_EARG, "dpi: expected 1 to 10000");
  lb_status st = open_api(&api, libraries, err);
  if (st != LB_OK) return st;
  st = open_svg(&api, source, dpi, &svg, &size, err);
  if (st != LB_OK) goto done;
  st = write_image(&api, svg, &size, &png, err);
  if (st != LB_OK) goto done;
  add_resolution(&whole, &png, dpi);
  st = hand_over(&whole, out, length, err);
done:
  if (svg != NULL) api.unref(svg);
  lb_str_reset(&png);
  lb_str_reset(&whole);
  return st;
}

static lb_status draw_page(const render_api *api, void *surface, void *cairo, const lb_svg *page,
                           lb_error *err)
{
  rectangle size = {0, 0, 0, 0};
  void *svg = NULL;
  lb_status st = open_svg(api, page, POINTS_PER_INCH, &svg, &size, err);
  if (st == LB_OK) {
    api->pdf_set_size(surface, size.width, size.height);
    st = draw(api, svg, cairo, &size, err);
    api->show_page(cairo);
  }
  if (svg != NULL) api->unref(svg);
  return st;
}

lb_status lb_render_pdf(const lb_svg *pages, size_t n, const lb_pdf_options *options, char **out,
                        size_t *length, lb_error *err)
{
  render_api api;
  lb_str pdf = {0};
  lb_status st = open_api(&api, options->libraries, err);
  if (st != LB_OK) return st;
  void *surface = api.pdf_new(to_buffer, &pdf, 1, 1); /* each page sets its size */
  void *cairo = api.cairo_new(surface);
  api.pdf_set_metadata(surface, METADATA_CREATED, ""); /* no clock */
  if (options->title != NULL) api.pdf_set_metadata(surface, METADATA_TITLE, options->title);
  if (options->author != NULL) api.pdf_set_metadata(surface, METADATA_AUTHOR, options->author);
  for (size_t i = 0; i < n && st == LB_OK; i++) {
    st = lb_interrupted() ? lb_error_interrupted(err)
                          : draw_page(&api, surface, cairo, &pages[i], err);
  }
  int status = api.cairo_status(cairo);
  api.cairo_free(cairo);
  api.surface_finish(surface);
  if (status == 0) status = api.surface_status(surface);
  api.surface_free(surface);
  if (st == LB_OK && status != 0) st = cairo_failed(&api, status, &pdf, err);
  if (st == LB_OK) st = hand_over(&pdf, out, length, err);
  lb_str_reset(&pdf);
  return st;
}
