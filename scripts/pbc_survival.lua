-- Survival in the Mayo Clinic trial of D-penicillamine in primary biliary cholangitis (1974-1984).
--   lobule scripts/pbc_survival.lua [folder for the reports]
local lb = require "lobule"

local folder = arg[1] or "."
local here = arg[0]:match("^.*/") or ""

local raw = lb.cohort(here .. "data/pbc_randomised.csv", { id = "id" })
print(raw)

local trial = raw
  :mutate { "arm = factor(if_else(trt == 1, 'D-penicillamine', 'placebo'))",
            "months = time / 30.4375",
            "died = dead == 1",
            "oedema = case(edema == 0, 'none', edema == 0.5, 'controlled', 'despite diuretics')",
            "oedema = factor(oedema)",
            "log_bili = log(bili)" }
  :relevel("arm", "placebo")
  :relevel("oedema", { "none", "controlled", "despite diuretics" })
  :label   { arm = "Treatment", sex = "Sex", oedema = "Oedema",
             log_bili = "Bilirubin, natural logarithm",
             months = { "Time since randomisation", unit = "months" },
             age = { "Age", unit = "years" },
             bili = { "Bilirubin", unit = "mg/dL" },
             albumin = { "Albumin", unit = "g/dL" },
             protime = { "Prothrombin time", unit = "s" },
             platelet = { "Platelets", unit = "10^9/L" } }
  :by_arm  "arm"

local eligible = trial
  :filter("age between 18 and 75", "aged 18 to 75 years")
  :exclude { { "bili > 20",     "bilirubin above 20 mg/dL" },
             { "platelet < 70", "platelets below 70 x 10^9/L" } }
  :complete({ "protime", "albumin" }, "prothrombin time and albumin known")
print(eligible:flow())

local outcome = "Surv(months, died)"
local km = lb.survival.km(outcome .. " ~ arm", eligible)
local test = lb.survival.logrank(outcome .. " ~ arm", eligible)
local cox = lb.survival.cox(outcome .. " ~ arm + age + oedema + log_bili + albumin + protime",
                            eligible)
print(km)
print(test)
print(cox)

local medians = { treated = km:median { arm = "D-penicillamine" },
                  placebo = km:median { arm = "placebo" }, test = test }
local hazard_ratio = cox:hazard_ratio "arm[D-penicillamine]"

lb.report { title = "D-penicillamine in primary biliary cholangitis", author = "Lobule example",
            subtitle = "Mayo Clinic trial, 312 randomised patients (Fleming & Harrington 1991)" }
  :text([[
Patients were randomised to D-penicillamine or placebo between 1974 and 1984. The endpoint is death
from any cause; patients who received a transplant are censored then. The exclusions below are an
exercise: the trial itself reported all patients.]])
  :heading "Patients"
  :add(eligible:flow { results = { cox } }, { caption = "Flow of patients" })
  :add(lb.table_one(eligible, { smd = true, columns = { "age", "sex", "bili", "albumin", "protime",
                                                        "platelet", "oedema" } }))
  :heading "Survival"
  :text("Median survival was {treated} with D-penicillamine and {placebo} with placebo; "
        .. "log-rank test: {test}.", medians)
  :add(km:plot { p_value = test, times = { 0, 24, 48, 72, 96, 120, 144 } },
       { caption = "Survival by treatment" })
  :add(km)
  :add(test)
  :heading "Adjusted comparison"
  :text("Adjusted for age, oedema, bilirubin, albumin and prothrombin time, the hazard ratio of "
        .. "death with D-penicillamine is {hr}.", { hr = hazard_ratio })
  :add(cox)
  :add(cox:plot("forest", { favours = { "lower hazard", "higher hazard" } }),
       { caption = "Hazard ratios" })
  :save { folder .. "/pbc_survival.html", folder .. "/pbc_survival.md",
          folder .. "/pbc_survival.json" }

print("Report: " .. folder .. "/pbc_survival.html")
