/* test_render.c - pictures: size, resolution, sound chunks, the same bytes, clear refusals. Skipped
 * where librsvg, cairo or the font is not installed, but for the refusals. */
#include "check.h"

#include <stdlib.h>

#include "base/interrupt.h"
#include "io/crc32.h"
#include "io/render.h"

#define SVG(width, height, body)                                                                   \
  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" width "\" height=\"" height                 \
  "\" viewBox=\"0 0 100 50\">" body "</svg>"
#define DRAWING                                                                                    \
  "<rect width=\"100\" height=\"50\" fill=\"#0072B2\"/><text x=\"5\" y=\"30\" font-size=\"12\" "   \
  "font-family=\"Liberation Sans\">Label</text>"

static lb_svg svg_of(const char *text)
{
  return (lb_svg){text, strlen(text)};
}

static const char picture[] = SVG("89mm", "44.5mm", DRAWING);

/* Draws once; skips the test where nothing can be drawn. */
static void need_libraries(void)
{
  lb_svg svg = svg_of(picture);
  char *png = NULL;
  size_t n = 0;
  lb_error err = {0};
  if (lb_render_png(&svg, 10, NULL, &png, &n, &err) == LB_EIO) {
    print_message("%s\n", err.message);
    skip();
  }
  lb_mem_free(png);
}

static uint32_t get32(const unsigned char *at)
{
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Walks the chunks of a PNG: every checksum holds, the last is IEND. Sets the resolution. */
static void check_chunks(const unsigned char *png, size_t n, uint32_t *per_metre)
{
  size_t at = 8;
  bool ended = false;
  assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
  while (at + 12 <= n) {
    uint32_t length = get32(png + at);
    assert_true(at + 12 + length <= n);
    assert_int_equal(lb_crc32(png + at + 4, length + 4, NULL, 0), get32(png + at + 8 + length));
    if (memcmp(png + at + 4, "pHYs", 4) == 0) *per_metre = get32(png + at + 8);
    ended = memcmp(png + at + 4, "IEND", 4) == 0;
    at += 12 + length;
  }
  assert_true(ended);
  assert_int_equal(at, n);
}

/* 89 mm at 300 dots per inch are 1051.2 pixels, a broken one is drawn: 1052; 300 dots per inch are
 * 11811.02 per metre. Colour type 2 is RGB. */
static void test_png(void **state)
{
  (void)state;
  need_libraries();
  lb_svg svg = svg_of(picture);
  char *one = NULL, *two = NULL;
  size_t n_one = 0, n_two = 0;
  uint32_t per_metre = 0;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_render_png(&svg, 300, NULL, &one, &n_one, &err), err);
  LB_OK_OR_FAIL(lb_render_png(&svg, 300, NULL, &two, &n_two, &err), err);
  const unsigned char *png = (const unsigned char *)one;
  assert_int_equal(get32(png + 16), 1052);
  assert_int_equal(get32(png + 20), 526);
  assert_int_equal(png[24], 8);
  assert_int_equal(png[25], 2);
  check_chunks(png, n_one, &per_metre);
  assert_int_equal(per_metre, 11811);
  assert_int_equal(n_one, n_two);
  assert_memory_equal(one, two, n_one);
  lb_mem_free(one);
  lb_mem_free(two);
}

static bool holds(const char *bytes, size_t n, const char *word)
{
  return memmem(bytes, n, word, strlen(word)) != NULL;
}

static void test_pdf(void **state)
{
  (void)state;
  need_libraries();
  lb_svg pages[] = {svg_of(picture), svg_of(SVG("100mm", "50mm", DRAWING))};
  lb_pdf_options options = {.title = "A title", .author = "An author"};
  char *one = NULL, *two = NULL, *single = NULL;
  size_t n_one = 0, n_two = 0, n_single = 0;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_render_pdf(pages, 2, &options, &one, &n_one, &err), err);
  LB_OK_OR_FAIL(lb_render_pdf(pages, 2, &options, &two, &n_two, &err), err);
  LB_OK_OR_FAIL(lb_render_pdf(pages, 1, &options, &single, &n_single, &err), err);
  assert_memory_equal(one, "%PDF-1.", 7);
  assert_false(holds(one, n_one, "CreationDate"));
  assert_int_equal(n_one, n_two);
  assert_memory_equal(one, two, n_one);
  assert_true(n_single < n_one);
  lb_mem_free(one);
  lb_mem_free(two);
  lb_mem_free(single);
}

static void test_missing_libraries(void **state)
{
  (void)state;
  lb_render_libraries none = LB_RENDER_LIBRARIES;
  none.rsvg = "liblobule-none.so.9";
  lb_svg svg = svg_of(picture);
  lb_pdf_options options = {.libraries = &none};
  char *out = NULL;
  size_t n = 77;
  lb_error err = {0};
  assert_int_equal(lb_render_png(&svg, 300, &none, &out, &n, &err), LB_EIO);
  assert_non_null(strstr(err.message, "librsvg2-2"));
  assert_non_null(strstr(err.context, "apt-get install librsvg2-2"));
  assert_int_equal(lb_render_pdf(&svg, 1, &options, &out, &n, &err), LB_EIO);
  assert_null(out);
  assert_int_equal(n, 77);
}

/* A library that is there but has not the functions: libm for cairo. */
static void test_wrong_library(void **state)
{
  (void)state;
  need_libraries();
  lb_render_libraries wrong = LB_RENDER_LIBRARIES;
  wrong.cairo = "libm.so.6";
  lb_svg svg = svg_of(picture);
  char *out = NULL;
  size_t n = 0;
  lb_error err = {0};
  assert_int_equal(lb_render_png(&svg, 300, &wrong, &out, &n, &err), LB_EIO);
  assert_non_null(strstr(err.message, "cairo_image_surface_create"));
}

static void test_refused_pictures(void **state)
{
  (void)state;
  need_libraries();
  static const struct {
    const char *text;
    double dpi;
    lb_status want;
  } cases[] = {{"not SVG at all", 300, LB_EPARSE},
               {"", 300, LB_EPARSE},
               {"<svg><g></svg>", 300, LB_EPARSE},
               {SVG("100%", "100%", ""), 300, LB_EPARSE},
               {SVG("0mm", "10mm", ""), 300, LB_EPARSE},
               {picture, 10000, LB_EARG},
               {picture, 0, LB_EARG},
               {picture, NAN, LB_EARG}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lb_svg svg = svg_of(cases[i].text);
    char *out = NULL;
    size_t n = 77;
    lb_error err = {0};
    assert_int_equal(lb_render_png(&svg, cases[i].dpi, NULL, &out, &n, &err), cases[i].want);
    assert_null(out);
    assert_int_equal(n, 77);
  }
}

static void test_interrupt(void **state)
{
  (void)state;
  need_libraries();
  lb_svg svg = svg_of(picture);
  lb_pdf_options options = {0};
  char *out = NULL;
  size_t n = 0;
  lb_error err = {0};
  lb_interrupt_raise();
  lb_status st = lb_render_pdf(&svg, 1, &options, &out, &n, &err);
  lb_interrupt_clear();
  assert_int_equal(st, LB_EINTR);
  assert_null(out);
}

static void test_allocation_failures(void **state)
{
  (void)state;
  need_libraries();
  lb_svg svg = svg_of(picture);
  lb_pdf_options options = {0};
  lb_status png_st = LB_ENOMEM, pdf_st = LB_ENOMEM;
  char *png = NULL, *pdf = NULL;
  size_t n = 0, live = lb_mem_live();
  for (long k = 0; png_st != LB_OK || pdf_st != LB_OK; k++) {
    lb_error err = {0};
    lb_mem_fail_after(k);
    if (png_st != LB_OK) png_st = lb_render_png(&svg, 20, NULL, &png, &n, &err);
    lb_mem_fail_after(k);
    if (pdf_st != LB_OK) pdf_st = lb_render_pdf(&svg, 1, &options, &pdf, &n, &err);
    lb_mem_fail_after(-1);
    assert_true(png_st == LB_OK || png_st == LB_ENOMEM);
    assert_true(pdf_st == LB_OK || pdf_st == LB_ENOMEM);
    assert_int_equal(lb_mem_live(), live + (png != NULL) + (pdf != NULL));
  }
  lb_mem_free(png);
  lb_mem_free(pdf);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_png),
                                     LB_TEST(test_pdf),
                                     LB_TEST(test_missing_libraries),
                                     LB_TEST(test_wrong_library),
                                     LB_TEST(test_refused_pictures),
                                     LB_TEST(test_interrupt),
                                     LB_TEST(test_allocation_failures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
