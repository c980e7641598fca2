/* multistate_history.c - rows of people who move between states, checked: who is where when. */
#include "stats/survival/multistate_history.h"

#include "base/mem.h"
#include "base/sort.h"

#include <math.h>
#include <string.h>

static lb_status check_codes(const lb_moves *m, lb_error *err)
{
  int32_t k = (int32_t)m->n_state;
  bool wrong = m->n > UINT32_MAX || (m->start == NULL && (m->initial < 0 || m->initial >= k));
  for (size_t i = 0; !wrong && i < m->n; i++) {
    wrong = m->to[i] < LB_STATE_NONE || m->to[i] >= k;
    if (m->start != NULL) wrong |= m->start[i] < 0 || m->start[i] >= k;
    if (m->person != NULL) wrong |= m->person[i] < 0 || (size_t)m->person[i] >= m->n_person;
  }
  if (wrong) return lb_error_set(err, LB_EARG, "a state or person out of range");
  return LB_OK;
}

/* Rows by (person, time): times first, then a counting pass that keeps their order. */
static bool sort_rows(const lb_moves *m, lb_history *h)
{
  if (m->person == NULL) {
    for (size_t i = 0; i < m->n; i++) h->by_person[i] = (uint32_t)i;
    return true;
  }
  uint32_t *by_time = lb_mem_array(m->n, sizeof *by_time);
  size_t *place = lb_mem_zero(m->n_person + 1, sizeof *place);
  bool ok = by_time != NULL && place != NULL && lb_sort_order_real(m->time, m->n, by_time);
  for (size_t i = 0; ok && i < m->n; i++) place[m->person[i] + 1]++;
  for (size_t p = 0; ok && p < m->n_person; p++) place[p + 1] += place[p];
  for (size_t k = 0; ok && k < m->n; k++) h->by_person[place[m->person[by_time[k]]]++] = by_time[k];
  lb_mem_free(by_time);
  lb_mem_free(place);
  return ok;
}

static void note(lb_history *h, lb_move_fault fault, size_t row)
{
  if (h->fault[fault] < LB_MOVE_NAMED) h->row[fault][h->fault[fault]] = row;
  h->fault[fault]++;
}

/* The state of row i, which follows row `before` of the same person, and what is wrong there. */
static void follow(const lb_moves *m, lb_history *h, size_t before, size_t i)
{
  int32_t expected = m->to[before] == LB_STATE_NONE ? h->from[before] : m->to[before];
  double entry = m->entry == NULL ? -INFINITY : m->entry[i];
  h->from[i] = m->start == NULL ? expected : m->start[i];
  bool moved = h->from[i] != expected;
  if (m->time[i] == m->time[before])
    note(h, LB_MOVE_TWICE, i);
  else if (entry < m->time[before])
    note(h, LB_MOVE_OVERLAP, i);
  else if (entry > m->time[before])
    note(h, moved ? LB_MOVE_JUMP : LB_MOVE_GAP, i);
  else if (moved)
    note(h, LB_MOVE_TELEPORT, i);
  else
    h->goes_on[before] = 1;
}

/* One person's rows, by_person[first .. last): states, moves, time; `count` and `seen` are zeroed
 * n_state places. */
static void walk_person(const lb_moves *m, lb_history *h, size_t first, size_t last, size_t *count,
                        uint8_t *seen)
{
  size_t k = m->n_state;
  for (size_t r = first; r < last; r++) {
    size_t i = h->by_person[r];
    if (r > first)
      follow(m, h, h->by_person[r - 1], i);
    else
      h->from[i] = m->start == NULL ? m->initial : m->start[i];
    size_t from = (size_t)h->from[i];
    if (m->absorbing != NULL && m->absorbing[from]) note(h, LB_MOVE_ABSORBING, i);
    h->time_in[from] += m->entry == NULL ? m->time[i] : m->time[i] - m->entry[i];
    seen[from] = 1;
    if (m->to[i] == LB_STATE_NONE) continue;
    size_t to = (size_t)m->to[i];
    h->n_same += to == from;
    if (to == from) continue;
    h->transition[from * (k + 1) + to]++;
    seen[to] = 1;
    count[to]++;
  }
}

static void count_visits(lb_history *h, size_t *count, uint8_t *seen)
{
  for (size_t s = 0; s < h->n_state; s++) {
    h->visited[s] += seen[s];
    h->visits[s * h->n_visit + count[s]]++;
    count[s] = 0;
    seen[s] = 0;
  }
}

/* End of the rows of the person that by_person[first] belongs to. */
static size_t person_end(const lb_moves *m, const lb_history *h, size_t first)
{
  size_t last = first + 1;
  if (m->person == NULL) return last;
  while (last < m->n && m->person[h->by_person[last]] == m->person[h->by_person[first]]) last++;
  return last;
}

/* Most moves of one person into one state. */
static bool most_visits(const lb_moves *m, const lb_history *h, size_t *most)
{
  size_t *count = lb_mem_zero(m->n_state, sizeof *count);
  *most = 0;
  for (size_t first = 0, last; count != NULL && first < m->n; first = last) {
    last = person_end(m, h, first);
    for (size_t r = first; r < last; r++) {
      int32_t to = m->to[h->by_person[r]];
      if (to != LB_STATE_NONE && ++count[to] > *most) *most = count[to];
    }
    for (size_t r = first; r < last; r++) {
      int32_t to = m->to[h->by_person[r]];
      if (to != LB_STATE_NONE) count[to] = 0;
    }
  }
  bool ok = count != NULL;
  lb_mem_free(count);
  return ok;
}

static bool alloc_history(const lb_moves *m, lb_history *h)
{
  size_t k = m->n_state;
  h->from = lb_mem_array(m->n, sizeof *h->from);
  h->by_person = lb_mem_array(m->n, sizeof *h->by_person);
  h->goes_on = lb_mem_zero(m->n, sizeof *h->goes_on);
  h->transition = lb_mem_zero(k * (k + 1), sizeof *h->transition);
  h->time_in = lb_mem_zero(k, sizeof *h->time_in);
  h->visited = lb_mem_zero(k, sizeof *h->visited);
  return h->from != NULL && h->by_person != NULL && h->goes_on != NULL && h->transition != NULL &&
         h->time_in != NULL && h->visited != NULL;
}

/* Rows that are the last under observation in their state and end without a move. */
static void count_censored(const lb_moves *m, lb_history *h)
{
  size_t k = m->n_state;
  for (size_t r = 0; r < m->n; r++) {
    size_t i = h->by_person[r];
    bool last =
        r + 1 == m->n || m->person == NULL || m->person[h->by_person[r + 1]] != m->person[i];
    bool stays = m->to[i] == LB_STATE_NONE || m->to[i] == h->from[i];
    if (last && stays) h->transition[(size_t)h->from[i] * (k + 1) + k]++;
  }
}

lb_status lb_history_find(const lb_moves *m, lb_history *out, lb_error *err)
{
  lb_history h = {.n = m->n, .n_state = m->n_state};
  size_t *count = lb_mem_zero(m->n_state, sizeof *count), most = 0;
  uint8_t *seen = lb_mem_zero(m->n_state, sizeof *seen);
  lb_status st = check_codes(m, err);
  if (st != LB_OK) goto done;
  if (count == NULL || seen == NULL || !alloc_history(m, &h) || !sort_rows(m, &h) ||
      !most_visits(m, &h, &most)) {
    st = lb_error_nomem(err, "histories");
    goto done;
  }
  h.n_visit = most + 1;
  h.visits = lb_mem_zero(m->n_state * h.n_visit, sizeof *h.visits);
  if (h.visits == NULL) {
    st = lb_error_nomem(err, "histories");
    goto done;
  }
  for (size_t first = 0, last; first < m->n; first = last) {
    last = person_end(m, &h, first);
    walk_person(m, &h, first, last, count, seen);
    count_visits(&h, count, seen);
    h.n_person++;
  }
  count_censored(m, &h);
  *out = h;
  h = (lb_history){0};
done:
  lb_history_reset(&h);
  lb_mem_free(count);
  lb_mem_free(seen);
  return st;
}

void lb_history_reset(lb_history *h)
{
  if (h == NULL) return;
  lb_mem_free(h->from);
  lb_mem_free(h->by_person);
  lb_mem_free(h->goes_on);
  lb_mem_free(h->transition);
  lb_mem_free(h->time_in);
  lb_mem_free(h->visited);
  lb_mem_free(h->visits);
  *h = (lb_history){0};
}
