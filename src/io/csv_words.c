/* csv_words.c - the cells of a column of texts in one batch of rows: copied while they are at hand,
 * or coded among the few distinct ones. */
#include <string.h>

#include "base/mem.h"
#include "io/csv_span.h"

#define LONGEST_WORD   5 /* false: longer texts that begin with a letter are no value */
#define FIRST_CAPACITY ((size_t)4096) /* bytes of a chunk's texts */
#define QUOTES         UINT64_C(0x2222222222222222)

/* ---- Kinds ---- */

/* By the first byte, and the length of those that begin with a letter. */
static inline bool may_be_value(const lb_csv_reading *r, const lb_csv_span *s)
{
  if (s->length == 0 || !r->maybe_value[(unsigned char)s->text[0]]) return false;
  return s->text[0] < 'A' || s->length <= LONGEST_WORD;
}

static bool find_kind(const lb_csv_reading *r, const lb_csv_span *s, lb_cell_kind *kind)
{
  *kind = LB_CELL_TEXT;
  if (may_be_value(r, s)) {
    lb_str scratch = {0};
    lb_csv_cell cell;
    bool ok = lb_csv_whole(r, s, &scratch, &cell);
    if (ok) *kind = lb_csv_cell_kind(&cell, &r->rules);
    lb_str_reset(&scratch);
    return ok;
  }
  return true;
}

static void count_kind(lb_csv_part *part, lb_cell_kind kind, const lb_csv_place *place)
{
  bool mark = kind >= LB_CELL_COMMA && kind <= LB_CELL_DAY_MONTH && kind != LB_CELL_CENSORED;
  size_t k = kind == LB_CELL_DAY_MONTH ? 2 : (size_t)kind - LB_CELL_COMMA;
  if (mark && part->n[kind] == 0) part->first[k] = *place;
  part->n[kind]++;
}

/* ---- Levels ---- */

/* The index of the cell among the levels of the chunk; *many when there are too many of them. */
static bool find_level(const lb_csv_reading *r, lb_csv_part *part, const lb_csv_span *s,
                       size_t *index, bool *many)
{
  lb_csv_span key = *s;
  lb_str scratch = {0};
  bool doubled = s->quoted && s->length > 0 && memchr(s->text, '"', s->length) != NULL, ok = true;
  if (part->levels == NULL) part->levels = lb_csv_levels_new();
  if (part->levels == NULL) return false;
  if (doubled) {
    lb_csv_cell cell;
    ok = lb_csv_whole(r, s, &scratch, &cell);
    key = (lb_csv_span){cell.text, cell.length, true};
  }
  if (ok) {
    bool slack = !doubled && lb_csv_slack(r, key.text);
    uint64_t word = lb_csv_level_word(key.text, key.length, slack);
    size_t slot = lb_csv_level_slot(part->levels, key.text, key.length, word);
    if (part->levels->slot[slot] == 0) {
      *many = part->levels->n == LB_CSV_LEVELS;
      if (!*many) ok = lb_csv_levels_add(part->levels, slot, key.text, key.length, word);
    }
    if (ok && !*many) *index = (size_t)part->levels->slot[slot] - 1;
  }
  lb_str_reset(&scratch);
  return ok;
}

/* One more text of a column whose distinct texts are counted as long as they are few. */
static bool count_distinct(const lb_csv_reading *r, lb_csv_column *c, lb_csv_part *part,
                           const lb_csv_span *s)
{
  size_t index = 0;
  bool many = false;
  if (__atomic_load_n(&c->many, __ATOMIC_RELAXED)) return true;
  if (!find_level(r, part, s, &index, &many)) return false;
  if (many) __atomic_store_n(&c->many, true, __ATOMIC_RELAXED);
  return true;
}

/* ---- Texts ---- */

/* Room for n more bytes and a word beyond them. */
static bool reserve(lb_csv_part *part, size_t n)
{
  size_t wanted = part->n_bytes + n + LB_CSV_WORD, capacity = part->capacity;
  if (wanted <= capacity) return true;
  if (capacity == 0) capacity = FIRST_CAPACITY;
  while (capacity < wanted) capacity *= 2;
  char *larger = lb_mem_resize(part->bytes, capacity, 1);
  if (larger == NULL) return false;
  part->bytes = larger;
  part->capacity = capacity;
  return true;
}

/* Copies n bytes by words, and beyond them to the end of one; true where there is a quote. */
static inline bool copy_words(char *out, const char *text, size_t n)
{
  uint64_t word, found = 0;
  size_t i = 0;
  for (; i + LB_CSV_WORD <= n; i += LB_CSV_WORD) {
    memcpy(&word, text + i, sizeof word);
    memcpy(out + i, &word, sizeof word);
    word ^= QUOTES;
    found |= (word - UINT64_C(0x0101010101010101)) & ~word;
  }
  memcpy(&word, text + i, sizeof word);
  memcpy(out + i, &word, sizeof word);
  if (i < n) {
    word = (word ^ QUOTES) | ~UINT64_C(0) << 8 * (n - i);
    found |= (word - UINT64_C(0x0101010101010101)) & ~word;
  }
  return (found & UINT64_C(0x8080808080808080)) != 0;
}

/* Doubled quotes become single ones; returns the length. */
static size_t copy_undoubled(char *out, const char *text, size_t n)
{
  size_t length = 0;
  for (size_t i = 0; i < n;) {
    const char *quote = memchr(text + i, '"', n - i);
    size_t run = quote == NULL ? n - i : (size_t)(quote - text) + 1 - i;
    memcpy(out + length, text + i, run);
    length += run;
    i += run + 1;
  }
  return length;
}

static inline bool add_text(const lb_csv_reading *r, lb_csv_part *part, const lb_csv_span *s)
{
  size_t n = s->length;
  if (!reserve(part, n)) return false;
  char *out = part->bytes + part->n_bytes;
  bool quotes = true;
  if (LB_CSV_WORDS && lb_csv_slack(r, s->text + n))
    quotes = copy_words(out, s->text, n);
  else
    memcpy(out, s->text, n);
  if (s->quoted && quotes) n = copy_undoubled(out, s->text, n);
  part->n_bytes += n;
  return true;
}

/* The text of row i, or nothing when it is missing; its end is counted within the chunk. */
static bool put_text(lb_csv_reading *r, lb_csv_column *c, lb_csv_part *part, const lb_csv_batch *b,
                     size_t i, const lb_csv_span *s)
{
  if (s == NULL)
    lb_csv_mark_missing(c->valid, b, i);
  else if (!add_text(r, part, s))
    return false;
  c->offsets[b->first_row + i + 1] = (int64_t)part->n_bytes;
  return true;
}

/* Kind and, as long as they are few, the distinct texts. */
static bool look_at_text(lb_csv_reading *r, lb_csv_column *c, lb_csv_part *part,
                         const lb_csv_batch *b, size_t i, const lb_csv_span *s, lb_csv_state state)
{
  part->n_quoted_na += state == LB_CSV_QUOTED_NA;
  if (state == LB_CSV_PRESENT) {
    lb_cell_kind kind;
    if (!find_kind(r, s, &kind)) return false;
    lb_csv_place place = lb_csv_place_of(r, b, i, s);
    count_kind(part, kind, &place);
    part->n_present++;
  }
  return state == LB_CSV_MISSING || count_distinct(r, c, part, s);
}

bool lb_csv_take_texts(lb_csv_reading *r, lb_csv_column *c, lb_csv_part *part,
                       const lb_csv_batch *b)
{
  bool sample = c->mode == LB_CSV_SAMPLE;
  for (size_t i = 0; i < b->n_rows; i++) {
    lb_csv_span s = lb_csv_raw(b, i, c->index);
    lb_csv_state state = LB_CSV_PRESENT;
    if (!lb_csv_plain(r, &s)) {
      s = lb_csv_cut(s);
      state = lb_csv_state_of(r, &s);
    }
    if (state == LB_CSV_NO_MEMORY || !look_at_text(r, c, part, b, i, &s, state)) return false;
    if (sample) part->n_bytes += s.length;
    if (!sample && !put_text(r, c, part, b, i, state == LB_CSV_MISSING ? NULL : &s)) return false;
  }
  if (sample) part->n_sampled += b->n_rows;
  return true;
}

/* ---- Codes ---- */

/* One more cell of a level, the first of which tells the kind. The others are counted in the
 * end. */
static bool add_to_level(const lb_csv_reading *r, lb_csv_part *part, lb_csv_level *level,
                         const lb_csv_span *s, const lb_csv_place *place)
{
  if (level->n++ > 0) return true;
  lb_cell_kind kind;
  if (!find_kind(r, s, &kind)) return false;
  level->kind = (uint8_t)kind;
  count_kind(part, kind, place);
  return true;
}

/* Any cell. */
static bool take_code(lb_csv_reading *r, lb_csv_column *c, lb_csv_part *part, const lb_csv_batch *b,
                      size_t i)
{
  lb_csv_span s = lb_csv_cut(lb_csv_raw(b, i, c->index));
  lb_csv_state state = lb_csv_state_of(r, &s);
  size_t index = 0;
  bool many = false;
  if (state == LB_CSV_NO_MEMORY) return false;
  if (state == LB_CSV_MISSING)
    lb_csv_mark_missing(c->valid, b, i);
  else if (!find_level(r, part, &s, &index, &many))
    return false;
  if (many) {
    part->failed = true;
    __atomic_store_n(&c->many, true, __ATOMIC_RELAXED);
    return true;
  }
  c->codes[b->first_row + i] = (int32_t)index;
  part->n_quoted_na += state == LB_CSV_QUOTED_NA;
  lb_csv_place place = lb_csv_place_of(r, b, i, &s);
  return state != LB_CSV_PRESENT || add_to_level(r, part, &part->levels->level[index], &s, &place);
}

/* Plain cells of a level that is known; all else goes cell by cell. */
bool lb_csv_take_codes(lb_csv_reading *r, lb_csv_column *c, lb_csv_part *part,
                       const lb_csv_batch *b)
{
  int32_t *codes = c->codes + b->first_row;
  for (size_t i = 0; i < b->n_rows; i++) {
    lb_csv_span s = lb_csv_raw(b, i, c->index);
    lb_csv_levels *levels = part->levels;
    if (levels != NULL && lb_csv_plain(r, &s)) {
      uint64_t word = lb_csv_level_word(s.text, s.length, lb_csv_slack(r, s.text));
      size_t index = levels->slot[lb_csv_level_slot(levels, s.text, s.length, word)];
      if (index > 0 && levels->level[index - 1].n > 0) {
        levels->level[index - 1].n++;
        codes[i] = (int32_t)index - 1;
        continue;
      }
    }
    if (!take_code(r, c, part, b, i)) return false;
    if (part->failed) return true;
  }
  return true;
}

/* ---- The end of a chunk ---- */

static void count_levels(lb_csv_part *part)
{
  for (size_t i = 0; part->levels != NULL && i < part->levels->n; i++) {
    const lb_csv_level *level = &part->levels->level[i];
    if (level->n == 0) continue;
    part->n[level->kind] += level->n - 1;
    part->n_present += level->n;
  }
}

void lb_csv_part_join(const lb_csv_layout *t, lb_csv_column *c, size_t chunk, size_t base)
{
  lb_csv_part *part = &c->part[chunk];
  size_t end = chunk + 1 < t->n_chunks ? t->chunk[chunk + 1].first_row : t->n_rows;
  if (part->n_bytes > 0) memcpy(c->bytes + base, part->bytes, part->n_bytes);
  for (size_t row = t->chunk[chunk].first_row; base > 0 && row < end; row++)
    c->offsets[row + 1] += (int64_t)base;
  lb_mem_free(part->bytes);
  part->bytes = NULL;
}

/* The next chunk whose texts can be appended, and where; the place is then taken. */
static bool next_to_join(lb_csv_reading *r, lb_csv_column *c, size_t *chunk, size_t *base)
{
  bool any = false;
  pthread_mutex_lock(&r->joining);
  if (c->n_joined < r->layout.n_chunks) {
    const lb_csv_part *part = &c->part[c->n_joined];
    any = part->closed && part->n_bytes <= c->capacity - c->n_bytes;
    if (any) {
      *chunk = c->n_joined++;
      *base = c->n_bytes;
      c->n_bytes += part->n_bytes;
    }
  }
  pthread_mutex_unlock(&r->joining);
  return any;
}

void lb_csv_part_close(lb_csv_reading *r, lb_csv_column *c, size_t chunk)
{
  size_t next, base;
  count_levels(&c->part[chunk]);
  if (c->mode != LB_CSV_TEXTS) return;
  pthread_mutex_lock(&r->joining);
  c->part[chunk].closed = true;
  pthread_mutex_unlock(&r->joining);
  while (next_to_join(r, c, &next, &base)) lb_csv_part_join(&r->layout, c, next, base);
}
