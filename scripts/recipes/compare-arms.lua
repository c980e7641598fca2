-- D-penicillamine against placebo in primary biliary cholangitis: what the recipe compare-arms
-- does, by hand.
--   lobule scripts/recipes/compare-arms.lua [folder for the report]
local lb = require "lobule"

local folder = arg[1] or "."
local here = arg[0]:match("^.*/") or ""

local trial = lb.cohort(here .. "../data/pbc_randomised.csv", { id = "id" })
  :mutate { "treatment = factor(if_else(trt == 1, 'D-penicillamine', 'placebo'))",
            "months = time / 30.4375", "died = dead == 1", "censored = not died",
            "log_bili = log(bili)", "sex = factor(sex)",
            "age_group = cut(age, {50}, {'below 50', '50 or above'})" }
  :relevel("treatment", "placebo")
  :label { treatment = "Treatment", months = { "Time since randomisation", unit = "months" },
           age = { "Age", unit = "years" }, log_bili = "Bilirubin, natural logarithm",
           sex = "Sex", age_group = "Age group" }
  :by_arm "treatment"
  :complete({ "months", "died", "treatment" }, "time, death and arm known")

local outcome = "Surv(months, died)"
local km = lb.survival.km(outcome .. " ~ treatment", trial)
-- Follow-up by reverse Kaplan-Meier: censoring is the event.
local follow_up = lb.survival.km("Surv(months, censored) ~ treatment", trial)
local test = lb.survival.logrank(outcome .. " ~ treatment", trial)
local crude = lb.survival.cox(outcome .. " ~ treatment", trial)
local adjusted = lb.survival.cox(outcome .. " ~ treatment + age + sex + log_bili", trial)
local subgroups = lb.survival.subgroups(outcome .. " ~ treatment", trial,
  { by = { "sex", "age_group" } })
print(km)
print(test)
print(subgroups)

local term = "treatment[D-penicillamine]"
lb.report { title = "D-penicillamine against placebo", author = "Lobule example" }
  :heading "Patients"
  :text [[
Patients were randomised; the comparison is of those assigned to the drug with those assigned to
placebo.]]
  :add(trial:flow())
  :add(lb.table_one(trial, { columns = { "age", "sex", "bili" }, smd = true }))
  :heading "Survival"
  :text("Median follow-up was {f} with placebo. Median survival was {a} with D-penicillamine and "
        .. "{b} with placebo; log-rank test: {test}.",
        { f = follow_up:median { treatment = "placebo" }, test = test,
          a = km:median { treatment = "D-penicillamine" },
          b = km:median { treatment = "placebo" } })
  :add(km:plot { p_value = test }, { caption = "Survival by treatment" })
  :heading "Hazard ratios"
  :text("Crude hazard ratio {crude}; adjusted for age, sex and bilirubin {adjusted}.",
        { crude = crude:hazard_ratio(term), adjusted = adjusted:hazard_ratio(term) })
  :add(lb.compare { { "crude", crude }, { "adjusted", adjusted } },
       { caption = "Cox models" })
  :add(subgroups:plot { overall = { { "adjusted", adjusted } },
                        favours = { "favours drug", "favours placebo" } },
       { caption = "Hazard ratios in all patients and by subgroup" })
  :save(folder .. "/compare-arms.html")

print("Report: " .. folder .. "/compare-arms.html")
