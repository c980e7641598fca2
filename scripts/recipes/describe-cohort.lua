-- Who is in the Mayo Clinic trial of primary biliary cholangitis, and what is missing: what the
-- recipe describe-cohort does, by hand.
--   lobule scripts/recipes/describe-cohort.lua [folder for the report]
local lb = require "lobule"

local folder = arg[1] or "."
local here = arg[0]:match("^.*/") or ""

local trial = lb.cohort(here .. "../data/pbc_randomised.csv", { id = "id" })
  :mutate { "arm = factor(if_else(trt == 1, 'D-penicillamine', 'placebo'))" }
  :relevel("arm", "placebo")
  :label { age = { "Age", unit = "years" }, bili = { "Bilirubin", unit = "mg/dL" },
           chol = { "Cholesterol", unit = "mg/dL" }, platelet = { "Platelets", unit = "10^9/L" } }
  :by_arm "arm"
  :complete("arm", "arm known")

local variables = { "age", "sex", "bili", "chol", "albumin", "platelet" }
local table_one = lb.table_one(trial, { columns = variables, smd = true })
local missing = trial:select { "id", "arm", "age", "sex", "bili", "chol", "albumin", "platelet" }
  :missing { by = "arm" }
print(table_one)
missing:show()

lb.report { title = "Patients of the Mayo Clinic trial", author = "Lobule example" }
  :heading "Patients"
  :add(trial:flow(), { caption = "From the data to the patients described" })
  :heading "Characteristics"
  :add(table_one, { caption = "Characteristics by arm" })
  :heading "Missing values"
  :add(missing, { caption = "Missing values by arm" })
  :save(folder .. "/describe-cohort.html")

print("Report: " .. folder .. "/describe-cohort.html")
