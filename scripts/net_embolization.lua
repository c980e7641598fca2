-- Embolization of liver metastases of neuroendocrine tumours: what the published study arms say.
--   lobule scripts/net_embolization.lua [folder for the reports]
-- Only rows whose `verified` is "yes" are used: their numbers were seen in print, not recalled.
local lb = require "lobule"

local folder = arg[1] or "."
local here = arg[0]:match("^.*/") or ""
local TREATMENTS = { "TAE", "TACE", "DEB-TACE", "SIRT" }
local OUTCOMES = { { "symptom", "Symptomatic response" }, { "biochem", "Biochemical response" },
                   { "radiol", "Radiological response" } }

local arms = lb.cohort(here .. "data/liver_net_studies.csv",
    { rows = "study arms", types = { treatment = "factor", study = "text", source = "text" } })
  :filter("verified == 'yes'", "numbers seen in print (verified = yes)")
  :exclude("treatment == 'TAE/TACE'", "TAE and TACE reported together")
  :relevel("treatment", TREATMENTS)
  :by_arm "treatment"
print(arms:flow())

-- One line a treatment and outcome; a cell with fewer than two studies says so instead of summing.
local function summary_row(title, treatment, studies)
  local n, events, total, low, high = 0, 0, 0, 1, 0
  for _, study in ipairs(studies) do
    if study.strata == treatment then
      n, events, total = n + 1, events + study.n_event, total + study.n
      low, high = math.min(low, study.estimate), math.max(high, study.estimate)
    end
  end
  if n < 2 then
    return { title, treatment, tostring(n), "fewer than two studies", "not summed" }
  end
  local sum = lb.categorical.proportion(events, total)
  return { title, treatment, tostring(n), ("%.0f to %.0f %%"):format(100 * low, 100 * high),
           ("%d/%d: %s"):format(events, total, sum:display()) }
end

local rows, figures = {}, {}
for i, outcome in ipairs(OUTCOMES) do
  local name, title = outcome[1], outcome[2]
  local responses = lb.categorical.proportions(arms, { label = "study", by = "treatment",
    events = name .. "_response_n", total = name .. "_response_total" })
  print(title)
  print(responses)
  local studies = responses:tidy():rows_list()
  for _, treatment in ipairs(TREATMENTS) do
    rows[#rows + 1] = summary_row(title, treatment, studies)
  end
  figures[i] = { title = title, responses = responses }
end

local responses_table = lb.table {
  caption = "Responses by treatment",
  columns = { { label = "Outcome" }, { label = "Treatment" },
              { label = "Studies", align = "right" },
              { label = "Range over studies", align = "right" },
              { label = "All patients: n/N, percent (95 % CI)", align = "right" } },
  rows = rows,
  notes = { "Range: lowest and highest percentage of a single study.",
            "All patients: sums over studies with Wilson intervals; no pooled estimates.",
            "A cell with fewer than two studies has neither." },
}
print(responses_table)

local medians = arms
  :filter("not is_na(median_pfs_months) or not is_na(median_os_months)", "a median printed")
  :frame()
  :select { "study", "treatment", "primary", "n_patients", "median_pfs_months", "median_os_months" }
  :label { study = "Study arm", treatment = "Treatment", primary = "Primary", n_patients = "N",
           median_pfs_months = { "Median PFS", unit = "months" },
           median_os_months = { "Median OS", unit = "months" } }
medians:show { rows = 40 }

local report = lb.report { author = "Lobule example",
    title = "Embolization for neuroendocrine liver metastases: the published evidence",
    subtitle = "Study arms of TAE, TACE, DEB-TACE and SIRT, as published" }
  :text([[
Each row of the evidence table is one arm of a published series. Only rows whose numbers were seen
in print are used (verified = yes). Responses are given with the denominators that the authors
used and with Wilson intervals.

Read them with care. The series are small, uncontrolled and of one centre as a rule; the treatments
were given to different patients in different years; response means different things (WHO, RECIST,
mRECIST, EASL, "improved"); and series in which everybody responds are more likely to be printed.
Nothing here compares treatments: the sums add up patients, they are no pooled estimates.]])
  :heading "Study arms"
  :add(arms:flow(), { caption = "From the evidence table to the study arms used" })
  :heading "Responses"
  :add(responses_table)
for _, figure in ipairs(figures) do
  report = report
    :heading(figure.title, 3)
    :add(figure.responses:plot { title = figure.title, x_label = "Patients with a response (%)" },
         { caption = figure.title .. " by study, Wilson intervals" })
end
report
  :heading "Medians as published"
  :text([[
Medians are those printed; few series give an interval, and the start of follow-up differs. NA: not
printed.]])
  :add(medians, { caption = "Median progression-free and overall survival as published",
    rows = true })
  :save { folder .. "/net_embolization.html", folder .. "/net_embolization.md",
          folder .. "/net_embolization.json" }

print("Report: " .. folder .. "/net_embolization.html")
