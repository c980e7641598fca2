-- Tabular tasks on cohort_N.csv and labs_N.csv: what each times and prints is the contract of the
-- peers' scripts.
package.path = (arg[0]:match "^.*/" or "./") .. "?.lua;" .. package.path
local bench = require "harness"
local core = require "lobule.core"
local lb = require "lobule"

local function total(frame, expression)
  return frame:summarise({ "x = " .. expression }):column("x")[1]
end

for _, n in ipairs(bench.sizes()) do
  local path = bench.data .. "cohort_" .. n .. ".csv"
  bench.time("csv_load", n, function()
    local frame = lb.read(path)
    return { #frame, total(frame, "sum(age)"), frame:column("ki67"):missing(),
      total(frame, "sum(length(text(notes)))") }
  end)
  bench.time("csv_load_labs", 3 * n, function()
    return { total(lb.read(bench.data .. "labs_" .. n .. ".csv"), "sum(cga)") }
  end)
  local data = lb.read(path)
  bench.time("filter", n, function()
    local kept = data:filter "age >= 60 and treatment == 'SIRT' and liver_involvement < 50"
    for _, name in ipairs(kept:names()) do kept:column(name) end
    return { #kept }
  end)
  bench.time("filter_lazy", n, function()
    return { #data:filter "age >= 60 and treatment == 'SIRT' and liver_involvement < 50" }
  end)
  bench.time("mutate", n, function()
    local out = data:mutate { "log_cga = log(cga_baseline)", "age10 = age / 10",
      "wait = procedure_date - diagnosis_date",
      "albi = 0.66 * log10(bilirubin) - 0.085 * albumin",
        "grade = case(ki67 < 3, 1, ki67 <= 20, 2, ki67 > 20, 3)" }
    local sums = out:summarise { "a = sum(log_cga)", "b = sum(wait)", "c = sum(albi)",
      "d = sum(grade)" }
    return { sums:column("a")[1], sums:column("b")[1], sums:column("c")[1], sums:column("d")[1] }
  end)
  bench.time("groupby", n, function()
    local groups = core.summarise(data, { "n = n()", "med = median(cga_baseline)",
      "avg = mean(cga_baseline)" }, { "treatment", "primary" })
    local sums = groups:summarise { "a = sum(n)", "b = sum(med)", "c = sum(avg)" }
    return { #groups, sums:column("a")[1], sums:column("b")[1], sums:column("c")[1] }
  end)
  bench.time("sort", n, function()
    local sorted = core.gather(data:sort { "centre", "procedure_date", "-cga_baseline" })
    return { total(sorted:head(100), "sum(age)") }
  end)
  bench.time("sort_key_only", n, function()
    local sorted, sum = data:sort "cga_baseline", 0
    for i = 1, math.min(10, n) do sum = sum + sorted:source_row(i) end
    return { sum }
  end)
  if bench.wanted "rolling_join" then
    local labs = lb.read(bench.data .. "labs_" .. n .. ".csv")
    bench.time("rolling_join", n, function()
      local joined, counts = data:asof_join(labs, { by = "patient_id",
        on = { procedure_date = "lab_date" } })
      return { #joined, counts.n_matched, total(joined, "sum(cga)") }
    end)
  end
end
