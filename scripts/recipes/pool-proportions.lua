-- Radiological response after liver embolization, pooled by treatment: what the recipe
-- pool-proportions does, by hand. Only rows whose numbers were seen in print (verified = yes).
--   lobule scripts/recipes/pool-proportions.lua [folder for the report]
local lb = require "lobule"

local folder = arg[1] or "."
local here = arg[0]:match("^.*/") or ""

local arms = lb.cohort(here .. "../data/liver_net_studies.csv",
    { rows = "study arms", types = { treatment = "factor", study = "text", source = "text" } })
  :filter("verified == 'yes'", "numbers seen in print")
  :filter("treatment in {'TAE', 'TACE', 'SIRT'}", "TAE, TACE or SIRT")
  :relevel("treatment", { "TAE", "TACE", "SIRT" })
  :by_arm "treatment"
  :complete({ "radiol_response_n", "radiol_response_total" }, "radiological response counted")

local counts = { events = "radiol_response_n", total = "radiol_response_total", label = "study",
                 by = "treatment" }
local pooled = lb.meta.pool_proportions(arms, counts)
counts.scale = "freeman-tukey"
local check = lb.meta.pool_proportions(arms, counts)
print(pooled)

lb.report { title = "Radiological response after liver embolization", author = "Lobule example" }
  :add(arms:flow())
  :text("TAE {tae}, TACE {tace}, SIRT {sirt}; {differences}. On the Freeman-Tukey scale TAE "
        .. "{ft}. The series are of different patients in different years: a difference between "
        .. "treatments is no effect of the treatment.",
        { tae = pooled:pooled { group = "TAE" }, tace = pooled:pooled { group = "TACE" },
          sirt = pooled:pooled { group = "SIRT" }, differences = pooled:differences(),
          ft = check:pooled { group = "TAE" } })
  :add(pooled:plot { title = "Radiological response", x_label = "Response (%)" },
       { caption = "Radiological response by study and pooled by treatment" })
  :add(pooled, { caption = "Studies, weights, pooled proportions" })
  :save(folder .. "/pool-proportions.html")

print("Report: " .. folder .. "/pool-proportions.html")
