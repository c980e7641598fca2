/* replay.c - runs a fuzz target over the files of a corpus folder, so that `make test` keeps what fuzzing found. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
  FILE *file = fopen(path, "rb");
  if (file == NULL) return -1;
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
  int result = -1;
  if (data != NULL && fread(data, 1, (size_t)size, file) == (size_t)size)
    result = LLVMFuzzerTestOneInput(data, (size_t)size);
  free(data);
  fclose(file);
  return result;
}

int main(int argc, char **argv)
{
  int n = 0, bad = 0;
  struct dirent **list = NULL;
  int n_files = argc == 2 ? scandir(argv[1], &list, NULL, alphasort) : -1;
  for (int i = 0; i < n_files; i++) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", argv[1], list[i]->d_name);
    if (list[i]->d_name[0] != '.') {
      int failed = replay_file(path) != 0 || lb_mem_live() != 0;
      printf("%s %d - %s\n", failed ? "not ok" : "ok", ++n, list[i]->d_name);
      bad += failed;
    }
    free(list[i]);
  }
  free(list);
  return bad > 0 || n == 0;
}
