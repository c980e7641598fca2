/* output.c - what reports write beyond text: zip archives, folders, figures as PNG and PDF. */
#include <string.h>

#include "base/folder.h"
#include "bind/bind.h"
#include "io/render.h"
#include "io/zip_read.h"
#include "io/zip_write.h"

/* A list of texts, which may hold NUL bytes, as pointers that live in a userdata pushed; the texts
 * are borrowed from the list. */
static lb_svg *check_blobs(lua_State *L, int arg, const char *name, size_t *n)
{
  lbl_check_table(L, arg, name);
  *n = lua_rawlen(L, arg);
  lb_svg *blobs = lbl_scratch(L, *n, sizeof *blobs);
  for (size_t i = 0; i < *n; i++) {
    if (lua_rawgeti(L, arg, (lua_Integer)i + 1) != LUA_TSTRING)
      lbl_raise_argument(L, arg, name, "a list of texts");
    blobs[i].text = lua_tolstring(L, -1, &blobs[i].length);
    lua_pop(L, 1); /* the list keeps it */
  }
  return blobs;
}

static int push_bytes(lua_State *L, lbl_work *work)
{
  lua_pushlstring(L, work->text, work->text_length);
  lbl_work_reset(work);
  return 1;
}

/* zip(names, texts) */
static int zip(lua_State *L)
{
  lua_settop(L, 2);
  size_t n, n_texts;
  const char **names = lbl_check_names(L, 1, "names", false, &n);
  lb_svg *texts = check_blobs(L, 2, "texts", &n_texts);
  if (n_texts != n) lbl_raise_argument(L, 2, "texts", "as many texts as names");
  lb_zip_entry *entries = lbl_scratch(L, n, sizeof *entries);
  for (size_t i = 0; i < n; i++)
    entries[i] = (lb_zip_entry){names[i], texts[i].text, texts[i].length};
  lbl_work *work = lbl_work_new(L);
  lb_error err = {0};
  if (lb_zip_write(entries, n, &work->text, &work->text_length, &err) != LB_OK)
    return lbl_raise(L, &err);
  return push_bytes(L, work);
}

/* Boxed while its parts become Lua strings. */
static int parts_gc(lua_State *L)
{
  lb_zip_parts_reset(lua_touserdata(L, 1));
  return 0;
}

static lb_zip_parts *parts_box(lua_State *L)
{
  lb_zip_parts *parts = lua_newuserdatauv(L, sizeof *parts, 0);
  *parts = (lb_zip_parts){0};
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, parts_gc);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  return parts;
}

static size_t check_limit(lua_State *L, int arg, const char *name)
{
  lua_Integer n = lbl_check_integer(L, arg, name);
  if (n < 1) lbl_raise_argument(L, arg, name, "a whole number from 1");
  return (size_t)n;
}

/* unzip(bytes, most_parts, most_bytes) */
static int unzip(lua_State *L)
{
  lua_settop(L, 3);
  size_t length;
  const char *bytes = lbl_check_text(L, 1, "bytes", &length);
  lb_zip_limits limits = {.most_parts = check_limit(L, 2, "most_parts"),
                          .most_bytes = check_limit(L, 3, "most_bytes")};
  lb_zip_parts *parts = parts_box(L);
  lb_error err = {0};
  if (lb_zip_read(bytes, length, &limits, parts, &err) != LB_OK) return lbl_raise(L, &err);
  lua_createtable(L, (int)parts->n, 0);
  lua_createtable(L, (int)parts->n, 0);
  for (size_t i = 0; i < parts->n; i++) {
    lua_pushstring(L, parts->part[i].name);
    lua_rawseti(L, -3, (lua_Integer)i + 1);
    lua_pushlstring(L, parts->part[i].data, parts->part[i].length);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lb_zip_parts_reset(parts);
  return 2;
}

/* make_folder(path) -> whether it is new */
static int make_folder(lua_State *L)
{
  lua_settop(L, 1);
  const char *path = lbl_check_name(L, 1, "path");
  lb_error err = {0};
  bool made = false;
  if (lb_folder_make(path, &made, &err) != LB_OK) return lbl_raise(L, &err);
  lua_pushboolean(L, made);
  return 1;
}

/* render_png(svg, dpi) */
static int render_png(lua_State *L)
{
  lua_settop(L, 2);
  lb_svg svg;
  svg.text = lbl_check_text(L, 1, "svg", &svg.length);
  double dpi = lbl_check_number(L, 2, "dpi");
  lbl_work *work = lbl_work_new(L);
  lb_error err = {0};
  if (lb_render_png(&svg, dpi, NULL, &work->text, &work->text_length, &err) != LB_OK)
    return lbl_raise(L, &err);
  return push_bytes(L, work);
}

/* render_pdf(pages, title, author) */
static int render_pdf(lua_State *L)
{
  lua_settop(L, 3);
  size_t n;
  lb_svg *pages = check_blobs(L, 1, "pages", &n);
  if (n == 0) lbl_raise_argument(L, 1, "pages", "at least one page");
  lb_pdf_options options = {.title = lbl_opt_name(L, 2, "title"),
                            .author = lbl_opt_name(L, 3, "author")};
  lbl_work *work = lbl_work_new(L);
  lb_error err = {0};
  if (lb_render_pdf(pages, n, &options, &work->text, &work->text_length, &err) != LB_OK)
    return lbl_raise(L, &err);
  return push_bytes(L, work);
}

static const luaL_Reg FUNCTIONS[] = {{"zip", zip},
                                     {"unzip", unzip},
                                     {"make_folder", make_folder},
                                     {"render_png", render_png},
                                     {"render_pdf", render_pdf},
                                     {NULL, NULL}};

void lbl_open_output(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
