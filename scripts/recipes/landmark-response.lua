-- Does a heart transplant prolong life? Stanford programme, 103 patients: whoever gets a heart has
-- lived long enough to get it. What the recipe landmark-response does, by hand; the "response" is
-- the transplant.
--   lobule scripts/recipes/landmark-response.lua [folder for the report]
local lb = require "lobule"

local folder = arg[1] or "."
local here = arg[0]:match("^.*/") or ""
local LANDMARK = 30 -- days after acceptance

-- The file has one row a patient and state: (start, stop] without and with the new heart.
local states = lb.read(here .. "../data/heart_transplant.csv")
local patients = states:mutate { "with_heart = case(transplant == 1, start)" }
  :summarise({ "days = max(stop)", "died = max(event) == 1", "wait = min(with_heart)",
               "age = first(age)" }, { by = "id" })

local at_landmark = lb.cohort(patients, { id = "id" })
  :exclude({ { "days <= $l and died", "died by the landmark" },
             { "days <= $l and not died", "censored by the landmark" } },
           { with = { l = LANDMARK } })
  :mutate({ "from_landmark = days - $l",
            "heart = factor(if_else(coalesce(wait <= $l, false), 'transplanted', 'not yet'))" },
          { with = { l = LANDMARK } })
  :label { from_landmark = { "Time since the landmark", unit = "days" },
           heart = "Transplanted by the landmark", age = "Age, years from 48" }
  :by_arm "heart"

local outcome = "Surv(from_landmark, died) ~ heart"
local km = lb.survival.km(outcome, at_landmark)
local test = lb.survival.logrank(outcome, at_landmark)
local crude = lb.survival.cox(outcome, at_landmark)
local adjusted = lb.survival.cox(outcome .. " + age", at_landmark)
print(at_landmark:flow())
print(km)
print(crude)

lb.report { title = "Heart transplant: a landmark analysis", author = "Lobule example" }
  :text([[
The clock starts {l} days after acceptance. Patients who died or were censored by then are left out,
and who counts as transplanted is settled by then. From acceptance on, the transplanted would be
given the time in which they waited and could not have died.]], { l = LANDMARK })
  :add(at_landmark:flow())
  :text("Median survival from the landmark: {a} if transplanted by then, {b} if not; log-rank "
        .. "test: {test}. Hazard ratio {crude}, adjusted for age {adjusted}.",
        { a = km:median { heart = "transplanted" }, b = km:median { heart = "not yet" },
          test = test, crude = crude:hazard_ratio "heart[transplanted]",
          adjusted = adjusted:hazard_ratio "heart[transplanted]" })
  :add(km:plot { p_value = test }, { caption = "Survival from the landmark on" })
  :add(lb.compare { { "crude", crude }, { "adjusted", adjusted } }, { caption = "Cox models" })
  :save(folder .. "/landmark-response.html")

print("Report: " .. folder .. "/landmark-response.html")
