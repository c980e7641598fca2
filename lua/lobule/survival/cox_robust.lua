--- Puts a robust variance in the place of the model-based one of a Cox fit.

---@param fit table                 of core.cox
---@param robust table              of core.cox_robust
return function(fit, robust)
  fit.naive_std_error, fit.naive_wald = fit.std_error, fit.wald
  fit.std_error, fit.vcov, fit.wald = robust.std_error, robust.vcov, robust.wald
  fit.robust_score, fit.n_cluster = robust.score, robust.n_cluster
  fit.robust = true -- predictions and baseline take their robust variance too
end
