/* km_band.c - Hall-Wellner and equal precision bands: the limits around a curve. */
#include "stats/survival/km_band.h"

#include "base/mem.h"
#include "stats/interval.h"
#include "stats/survival/km_work.h"

#include <math.h>

/* The variance of log S at time i. */
static double variance_at(const lb_km_curve *c, size_t i)
{
  double ratio = c->std_error[i] / c->survival[i];
  return ratio * ratio;
}

/* Times with an estimate that has a variance above 0, from the first to the last event within the
 * wanted ends; false when there is none. The last step holds up to the last time before `to`. */
static bool find_ends(const lb_km_curve *c, const lb_km_band_options *o, lb_km_band *band)
{
  bool found = false;
  for (size_t i = 0; i < c->n_time; i++) {
    double s = c->survival[i];
    if (!(s > 0 && s < 1 && c->std_error[i] > 0)) continue;
    if (o->from > c->time[i] && !(i + 1 < c->n_time && c->time[i + 1] > o->from)) continue;
    if (o->to < c->time[i]) break;
    if (!found) band->first = i;
    found = true;
    band->n = i + 1 - band->first;
  }
  if (!found) return false;
  band->from = isnan(o->from) ? c->time[band->first] : fmax(o->from, c->time[band->first]);
  band->to = isnan(o->to) ? c->time[band->first + band->n - 1] : o->to;
  return true;
}

static lb_status check_options(const lb_km_band_options *o, lb_error *err)
{
  if ((unsigned)o->type > LB_KM_EQUAL_PRECISION)
    return lb_error_set(err, LB_EARG, "unknown type of a band");
  if ((unsigned)o->scale >= LB_KM_LOG_PETO)
    return lb_error_set(err, LB_EARG, "unknown scale of a band");
  if (o->from > o->to)
    return lb_error_set(err, LB_EARG, "the band ends at %g, before it begins at %g", o->to,
                        o->from);
  if (!(o->n > 0 || o->type == LB_KM_EQUAL_PRECISION))
    return lb_error_set(err, LB_EARG, "a band needs the number of persons");
  return lb_conf_level_check(o->level, err);
}

static lb_status fill(const lb_km_curve *c, const lb_km_band_options *o, lb_km_band *band,
                      lb_error *err)
{
  double n = o->n, v0 = variance_at(c, band->first);
  double v1 = variance_at(c, band->first + band->n - 1);
  band->low = n * v0 / (1 + n * v0);
  band->high = n * v1 / (1 + n * v1);
  lb_status st =
      lb_km_band_critical(o->type, o->level, band->low, band->high, &band->critical, err);
  if (st != LB_OK) return st;
  band->conf_low = lb_mem_array(band->n, sizeof(double));
  band->conf_high = lb_mem_array(band->n, sizeof(double));
  if (band->conf_low == NULL || band->conf_high == NULL) return lb_error_nomem(err, "band");
  for (size_t k = 0; k < band->n; k++) {
    double v = variance_at(c, band->first + k);
    double half =
        band->critical * (o->type == LB_KM_EQUAL_PRECISION ? sqrt(v) : (1 + n * v) / sqrt(n));
    km_limits(c->survival[band->first + k], (km_half){half, half}, o->scale, &band->conf_low[k],
              &band->conf_high[k]);
  }
  return LB_OK;
}

lb_status lb_km_band_fit(const lb_km_curve *curve, const lb_km_band_options *options,
                         lb_km_band *out, lb_error *err)
{
  lb_km_band band = {.critical = NAN, .low = NAN, .high = NAN, .from = NAN, .to = NAN};
  lb_status st = check_options(options, err);
  if (st == LB_OK && find_ends(curve, options, &band)) st = fill(curve, options, &band, err);
  if (st == LB_OK)
    *out = band;
  else
    lb_km_band_reset(&band);
  return st;
}

void lb_km_band_reset(lb_km_band *band)
{
  if (band == NULL) return;
  lb_mem_free(band->conf_low);
  lb_mem_free(band->conf_high);
  *band = (lb_km_band){0};
}
