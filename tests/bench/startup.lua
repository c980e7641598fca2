-- Start to first result: greet, load the 228-row lung table, Kaplan-Meier by sex. Timed from
-- outside.
local lb = require "lobule"
print "hello"
local lung = lb.cohort((os.getenv "LOBULE_BENCH_DATA" or "data") .. "/lung.csv")
local km = lb.survival.km("Surv(time, status == 2) ~ sex", lung)
for _, row in ipairs(km:median():rows_list()) do print(row.strata, row.n, row.n_event,
  row.estimate) end
