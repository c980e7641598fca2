/* cox_lasting.c - rows that stay in the risk sets of a subdistribution hazard after their time. */
#include "stats/survival/cox_work.h"

#include "base/mem.h"

#include <string.h>

bool cox_lasting_new(const cox_data *d, cox_state *s)
{
  size_t w = d->p + 1;
  size_t sums = d->layer == NULL ? d->n_segment : d->n_layer;
  s->lasting_joined = lb_mem_array(sums, w * sizeof *s->lasting_joined);
  s->lasting_head = lb_mem_array(d->n_block, w * sizeof *s->lasting_head);
  s->later = lb_mem_zero(d->n_layer * cox_slots(d), sizeof *s->later);
  return s->lasting_joined != NULL && s->lasting_head != NULL && s->later != NULL;
}

/* Risk sets of a subdistribution hazard: at a bin, rows with a competing event in those before it
 * are there still. */
static void add_lasting(const cox_data *d, cox_state *s)
{
  size_t w = d->p + 1, next = 0;
  for (size_t b = 0; b < d->n_block; b++) {
    if (d->segment_row[d->block_segment[b]] >= b * COX_ROWS) continue;
    double *sum = s->lasting_joined + d->block_segment[b] * w;
    for (size_t i = 0; i < w; i++) sum[i] += s->lasting_head[b * w + i];
  }
  for (size_t t = 0; t < d->n_stratum; t++) {
    memset(s->running, 0, w * sizeof *s->running);
    while (d->segment_row[next] < d->stratum_row[t]) next++;
    for (size_t b = d->stratum_bin[t]; b < d->stratum_bin[t + 1]; b++) {
      for (; next < d->bin[b].segment; next++)
        for (size_t i = 0; i < w; i++) s->running[i] += s->lasting_joined[next * w + i];
      for (size_t i = 0; i < w; i++) s->at_risk[b * w + i] += d->bin_weight[b] * s->running[i];
    }
  }
}

/* The same of several layers, row after row. */
static void add_layers(const cox_data *d, cox_state *s)
{
  size_t w = d->p + 1;
  for (size_t t = 0; t < d->n_stratum; t++) {
    size_t k = d->stratum_row[t];
    memset(s->lasting_joined, 0, d->n_layer * w * sizeof *s->lasting_joined);
    for (size_t b = d->stratum_bin[t]; b < d->stratum_bin[t + 1]; b++) {
      for (; k < d->bin[b].first_row; k++) {
        double risk = cox_lasting_risk(d, s, k), *sum = s->lasting_joined + d->layer[k] * w;
        if (risk == 0) continue;
        sum[0] += risk;
        for (size_t j = 0; j < d->p; j++) sum[1 + j] += risk * cox_z(d, k, j);
      }
      for (size_t l = 0; l < d->n_layer; l++)
        for (size_t i = 0; i < w; i++)
          s->at_risk[b * w + i] += d->bin_weight[l * d->n_bin + b] * s->lasting_joined[l * w + i];
    }
  }
}

void cox_lasting_later(const cox_data *d, cox_state *s)
{
  for (size_t l = 0; l < d->n_layer; l++) {
    double *later = s->later + l * cox_slots(d);
    const double *weight = d->bin_weight + l * d->n_bin;
    for (size_t t = 0; t < d->n_stratum; t++) {
      double sum = 0;
      for (size_t b = d->stratum_bin[t + 1]; b-- > d->stratum_bin[t];) {
        later[b + t + 1] = sum;
        sum += weight[b] * s->hazard[b];
      }
      later[d->stratum_bin[t] + t] = sum;
    }
  }
}

void cox_lasting_walk(const cox_data *d, cox_state *s)
{
  if (d->layer == NULL)
    add_lasting(d, s);
  else
    add_layers(d, s);
}
