/* builder.c - growing builders for columns whose size is not known beforehand. */
#include "frame/builder.h"

#include <string.h>

#include "base/bitmap.h"
#include "base/mem.h"

/* Doubling keeps the cost of n adds at O(n); never less than a small start. */
static size_t grown(size_t capacity, size_t needed, size_t least)
{
  size_t next = capacity < SIZE_MAX / 2 ? capacity * 2 : SIZE_MAX;
  if (next < least) next = least;
  return next < needed ? needed : next;
}

static bool grow_rows(lb_text_builder *b, size_t capacity)
{
  if (capacity >= SIZE_MAX / sizeof(int64_t)) return false;
  int64_t *offsets = lb_mem_resize(b->offsets, capacity + 1, sizeof *offsets);
  if (offsets == NULL) return false;
  b->offsets = offsets;
  if (b->n == 0) b->offsets[0] = 0;
  uint8_t *valid = lb_mem_resize(b->valid, lb_bitmap_bytes(capacity), 1);
  if (valid == NULL) return false;
  size_t used = lb_bitmap_bytes(b->capacity);
  memset(valid + used, 0, lb_bitmap_bytes(capacity) - used);
  b->valid = valid;
  b->capacity = capacity;
  return true;
}

static bool grow_bytes(lb_text_builder *b, size_t capacity)
{
  char *bytes = lb_mem_resize(b->bytes, capacity, 1);
  if (bytes == NULL) return false;
  b->bytes = bytes;
  b->bytes_capacity = capacity;
  return true;
}

void lb_text_builder_reserve(lb_text_builder *b, size_t n_rows, size_t n_bytes)
{
  if (b->failed) return;
  if ((n_rows > b->capacity || b->offsets == NULL) && !grow_rows(b, n_rows)) b->failed = true;
  if (n_bytes > b->bytes_capacity && !grow_bytes(b, n_bytes)) b->failed = true;
}

static bool room_for_row(lb_text_builder *b)
{
  if (!b->failed && b->n == b->capacity && !grow_rows(b, grown(b->capacity, b->n + 1, 16)))
    b->failed = true;
  return !b->failed;
}

void lb_text_builder_add(lb_text_builder *b, const char *text, size_t length)
{
  if (!room_for_row(b)) return;
  if (length > b->bytes_capacity - b->n_bytes) {
    bool fits = length <= (size_t)INT64_MAX - b->n_bytes;
    if (!fits || !grow_bytes(b, grown(b->bytes_capacity, b->n_bytes + length, 64))) {
      b->failed = true;
      return;
    }
  }
  if (length > 0) memcpy(b->bytes + b->n_bytes, text, length);
  b->n_bytes += length;
  lb_bit_set(b->valid, b->n);
  b->n++;
  b->offsets[b->n] = (int64_t)b->n_bytes;
}

void lb_text_builder_add_missing(lb_text_builder *b)
{
  if (!room_for_row(b)) return;
  b->n++;
  b->offsets[b->n] = (int64_t)b->n_bytes;
}

lb_status lb_text_builder_finish(lb_text_builder *b, lb_column **out, lb_error *err)
{
  lb_text_builder_reserve(b, 0, 0); /* no row at all still needs the first offset */
  if (b->failed) {
    lb_text_builder_reset(b);
    return lb_error_nomem(err, "text column");
  }
  lb_text_builder taken = *b;
  *b = (lb_text_builder){0};
  return lb_column_new_text(taken.n, taken.offsets, taken.bytes, taken.valid, out, err);
}

void lb_text_builder_reset(lb_text_builder *b)
{
  lb_mem_free(b->offsets);
  lb_mem_free(b->valid);
  lb_mem_free(b->bytes);
  *b = (lb_text_builder){0};
}

lb_status lb_column_from_texts(const char *const *texts, size_t n, lb_column **out, lb_error *err)
{
  lb_text_builder b = {0};
  lb_text_builder_reserve(&b, n, 0);
  for (size_t i = 0; i < n; i++) lb_text_builder_add(&b, texts[i], strlen(texts[i]));
  return lb_text_builder_finish(&b, out, err);
}
