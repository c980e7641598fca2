/* multistate_spells.c - rows of people joined into spells of one state, by group. */
#include "base/mem.h"
#include "stats/survival/multistate_work.h"

#include <math.h>

/* A spell and the group it belongs to. */
typedef struct grouped {
  lb_aj_spell spell;
  uint32_t group;
} grouped;

typedef struct maker {
  const lb_aj_data *data;
  const lb_aj_options *opt;
  grouped *made;
  size_t n;
} maker;

static double entry_of(const lb_aj_data *d, size_t i)
{
  return d->moves->entry == NULL ? -INFINITY : d->moves->entry[i];
}

static double weight_of(const lb_aj_data *d, size_t i)
{
  return d->weight == NULL ? 1 : d->weight[i];
}

static bool is_move(const lb_aj_data *d, size_t i)
{
  int32_t to = d->moves->to[i];
  return to != LB_STATE_NONE && to != d->history->from[i];
}

/* Whether row i and the next one of the person are one spell: what no split of rows may change. */
static bool continues(const lb_aj_data *d, size_t i, size_t next)
{
  return d->history->goes_on[i] && !is_move(d, i) &&
         lb_partition_class(&d->groups, i) == lb_partition_class(&d->groups, next) &&
         lb_partition_class(&d->cluster, i) == lb_partition_class(&d->cluster, next) &&
         weight_of(d, i) == weight_of(d, next);
}

/* Whether a person, rows by_person[first .. last), is in the landmark's state at the start. */
static bool at_landmark(const maker *m, size_t first, size_t last)
{
  const lb_history *h = m->data->history;
  if (m->opt->landmark == LB_STATE_NONE) return true;
  for (size_t r = first; r < last; r++) {
    size_t i = h->by_person[r];
    if (entry_of(m->data, i) <= m->opt->start_time && m->data->moves->time[i] > m->opt->start_time)
      return h->from[i] == m->opt->landmark;
  }
  return false;
}

static void make_person(maker *m, size_t first, size_t last, uint32_t person)
{
  const lb_aj_data *d = m->data;
  const uint32_t *row = d->history->by_person;
  if (!at_landmark(m, first, last)) return;
  for (size_t r = first, end; r < last; r = end + 1) {
    end = r;
    while (end + 1 < last && continues(d, row[end], row[end + 1])) end++;
    double time = d->moves->time[row[end]];
    if (!(time > m->opt->start_time) || !(weight_of(d, row[r]) > 0)) continue;
    size_t cluster = d->cluster.code == NULL ? person : lb_partition_class(&d->cluster, row[r]);
    lb_aj_spell s = {.from = d->history->from[row[r]], .to = LB_STATE_NONE, .time = time};
    s.entry = fmax(entry_of(d, row[r]), m->opt->start_time);
    s.weight = weight_of(d, row[r]);
    s.cluster = (uint32_t)cluster;
    if (is_move(d, row[end])) s.to = d->moves->to[row[end]];
    m->made[m->n++] = (grouped){s, (uint32_t)lb_partition_class(&d->groups, row[r])};
  }
}

static bool by_group(const maker *m, aj_spells *s)
{
  s->first = lb_mem_zero(s->n_group + 2, sizeof *s->first);
  s->spell = lb_mem_array(m->n, sizeof *s->spell);
  if (s->first == NULL || s->spell == NULL) return false;
  for (size_t i = 0; i < m->n; i++) s->first[m->made[i].group + 2]++;
  for (size_t g = 2; g < s->n_group + 2; g++) s->first[g] += s->first[g - 1];
  for (size_t i = 0; i < m->n; i++) s->spell[s->first[m->made[i].group + 1]++] = m->made[i].spell;
  s->n = m->n;
  return true;
}

static lb_status check_partitions(const lb_aj_data *d, lb_error *err)
{
  lb_status st =
      lb_partition_check(&d->groups, d->groups.code == NULL ? 0 : d->moves->n, "group", err);
  if (st != LB_OK || d->cluster.code == NULL) return st;
  return lb_partition_check(&d->cluster, d->moves->n, "cluster", err);
}

lb_status aj_spells_new(const lb_aj_data *data, const lb_aj_options *opt, aj_spells *out,
                        lb_error *err)
{
  const lb_moves *moves = data->moves;
  aj_spells s = {.n_group = data->groups.n == 0 ? 1 : data->groups.n};
  lb_status st = check_partitions(data, err);
  if (st != LB_OK) return st;
  maker m = {.data = data, .opt = opt};
  m.made = lb_mem_array(moves->n, sizeof *m.made);
  uint32_t person = 0;
  for (size_t first = 0, last; m.made != NULL && first < moves->n; first = last, person++) {
    const uint32_t *row = data->history->by_person;
    last = first + 1;
    while (moves->person != NULL && last < moves->n &&
           moves->person[row[last]] == moves->person[row[first]])
      last++;
    make_person(&m, first, last, person);
  }
  s.n_cluster = data->cluster.code == NULL ? person : data->cluster.n;
  if (m.made == NULL || !by_group(&m, &s)) {
    aj_spells_reset(&s);
    st = lb_error_nomem(err, "spells");
  }
  lb_mem_free(m.made);
  if (st == LB_OK) *out = s;
  return st;
}

void aj_spells_reset(aj_spells *s)
{
  lb_mem_free(s->spell);
  lb_mem_free(s->first);
  *s = (aj_spells){0};
}
