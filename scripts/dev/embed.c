/* embed.c - writes what carries the Lua layer and its example data inside the program: build/embed
 * OUT FILE...
 *
 * OUT.bin holds the compiled chunk of each file, OUT.s both the sources, which help() and error
 * messages read, and the chunks, which are what runs: reading a chunk takes a fifth of the time of
 * compiling its source. Compiled by the Lua library that the program is linked with, so the two
 * cannot disagree. The table lb_embedded_files is declared in src/host/embed.h; a name is the path
 * below lua/. A file that does not compile ends the build with Lua's message. */
#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *open_output(const char *stem, const char *suffix)
{
  char path[4096];
  int length = snprintf(path, sizeof path, "%s%s", stem, suffix);
  FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "w") : NULL;
  if (file != NULL) return file;
  fprintf(stderr, "embed: cannot write %s%s\n", stem, suffix);
  exit(EXIT_FAILURE);
}

/* The path below lua/. */
static const char *name_of(const char *path)
{
  return strncmp(path, "lua/", 4) == 0 ? path + 4 : path;
}

/* Other files are data: they have no chunk. */
static bool is_lua(const char *path)
{
  size_t length = strlen(path);
  return length > 4 && strcmp(path + length - 4, ".lua") == 0;
}

static int write_bytes(lua_State *L, const void *bytes, size_t length, void *file)
{
  (void)L;
  return fwrite(bytes, 1, length, file) == length ? 0 : 1;
}

/* Adds the compiled chunk of one file to `out`; its lines and names stay, for error messages. */
static long add_chunk(lua_State *L, const char *path, FILE *out)
{
  long before = ftell(out);
  const char *chunk = lua_pushfstring(L, "@%s", name_of(path));
  FILE *in = fopen(path, "rb");
  if (in == NULL || fseek(in, 0, SEEK_END) != 0) {
    fprintf(stderr, "embed: cannot read %s\n", path);
    exit(EXIT_FAILURE);
  }
  size_t size = (size_t)ftell(in);
  char *text = malloc(size + 1);
  rewind(in);
  if (text == NULL || fread(text, 1, size, in) != size ||
      luaL_loadbufferx(L, text, size, chunk, "t") != LUA_OK) {
    fprintf(stderr, "embed: %s\n", text == NULL ? "not enough memory" : lua_tostring(L, -1));
    exit(EXIT_FAILURE);
  }
  if (lua_dump(L, write_bytes, out, 0) != 0) exit(EXIT_FAILURE);
  lua_settop(L, 0);
  free(text);
  fclose(in);
  return ftell(out) - before;
}

/* The name, source and chunk of file `i`; at: where the chunk stands in the .bin, and its size. */
static void write_file(FILE *out, int i, const char *path, const char *stem, const long at[2])
{
  fprintf(out, ".Lname%d:\n  .asciz \"%s\"\n.Lstart%d:\n  .incbin \"%s\"\n.Lend%d:\n  .byte 0\n", i,
          name_of(path), i, path, i);
  fprintf(out, ".Lchunk%d:\n", i);
  if (at[1] > 0) fprintf(out, "  .incbin \"%s.bin\", %ld, %ld\n", stem, at[0], at[1]);
  fprintf(out, ".Lfinal%d:\n", i);
}

static void write_table(FILE *out, int n)
{
  fprintf(out, "  .section .data.rel.ro,\"aw\"\n  .balign 8\n"
               "  .globl lb_embedded_files\n  .type lb_embedded_files, @object\n"
               "lb_embedded_files:\n");
  for (int i = 0; i < n; i++)
    fprintf(out, "  .quad .Lname%d, .Lstart%d, .Lend%d, .Lchunk%d, .Lfinal%d\n", i, i, i, i, i);
  fprintf(out,
          "  .size lb_embedded_files, . - lb_embedded_files\n"
          "  .globl lb_embedded_count\n  .type lb_embedded_count, @object\n  .balign 8\n"
          "lb_embedded_count:\n  .quad %d\n  .size lb_embedded_count, 8\n"
          "  .section .note.GNU-stack,\"\",@progbits\n",
          n);
}

int main(int argc, char **argv)
{
  lua_State *L = argc < 2 ? NULL : luaL_newstate();
  if (L == NULL) {
    fputs("usage: embed OUT FILE...\n", stderr);
    return 2;
  }
  FILE *chunks = open_output(argv[1], ".bin"), *out = open_output(argv[1], ".s");
  fprintf(out, "# Made by scripts/dev/embed.c.\n  .section .rodata\n");
  for (int i = 0; i + 2 < argc; i++) {
    long at[2] = {ftell(chunks), 0};
    if (is_lua(argv[i + 2])) at[1] = add_chunk(L, argv[i + 2], chunks);
    write_file(out, i, argv[i + 2], argv[1], at);
  }
  write_table(out, argc - 2);
  lua_close(L);
  bool failed = fclose(chunks) != 0;
  return fclose(out) != 0 || failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
