/* interval.c - the normal quantile that belongs to a two-sided confidence level, and the level's
 * check. */
#include "stats/interval.h"

#include <gsl/gsl_cdf.h>

double lb_z_value(double conf_level)
{
  return gsl_cdf_ugaussian_Qinv((1 - conf_level) / 2);
}

lb_status lb_conf_level_check(double conf_level, lb_error *err)
{
  if (conf_level > 0 && conf_level < 1) return LB_OK; /* false for NaN */
  lb_error_set(err, LB_EARG, "conf_level is %g, expected a number between 0 and 1", conf_level);
  if (conf_level > 1 && conf_level <= 100)
    lb_error_mend(err, "Write %g for %g %%.", conf_level / 100, conf_level);
  return LB_EARG;
}
