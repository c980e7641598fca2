--- Built-in recipe: who is in a cohort, and what is missing.

--- Ends the run; nothing is reported from data that cannot answer.
local function refuse(what, mend)
  error(what .. "\n  " .. mend, 0)
end

local function quoted(name)
  return "`" .. name .. "`"
end

--- The variables by what can be said of them: texts with few values become factors; dates and
--- longer texts have no place in Table 1, and are counted as missing or known all the same.
local function sorted_out(d)
  local own <const> = { id = true, arm = true }
  local shown, others, all = {}, {}, {}
  for _, name in ipairs(d:frame():names()) do
    if not own[name] then
      all[#all + 1] = name
      local kind = d:frame():column(name):type()
      local few = kind == "text" and d:summarise({ ("n = n_distinct(%s)"):format(quoted(name)) })
        :column("n")[1] <= 12
      if few then d = d:mutate { ("%s = factor(%s)"):format(quoted(name), quoted(name)) } end
      local list = (few or (kind ~= "text" and kind ~= "date" and kind ~= "datetime")) and shown
        or others
      list[#list + 1] = name
    end
  end
  return d, shown, others, all
end

local function label_of(d, name)
  return d:frame():column(name):label() or name
end

--- Missing cells of each variable, overall and by arm.
local function missing_table(lb, d, names, arms)
  local columns = { { label = "Variable" }, { label = "Known", align = "right" },
    { label = "Missing", align = "right" } }
  for i, arm in ipairs(arms) do
    columns[3 + i] = { label = ("Missing in %s"):format(arm.name), align = "right" }
  end
  local rows, total = {}, #d
  local function share(missing, n)
    if n == 0 then return "0/0" end
    return ("%d/%d (%.1f %%)"):format(missing, n, 100 * missing / n)
  end
  for i, name in ipairs(names) do
    local missing = d:frame():column(name):missing()
    rows[i] = { label_of(d, name), ("%d"):format(total - missing), share(missing, total) }
    for j, arm in ipairs(arms) do
      rows[i][3 + j] = share(arm.missing[name], arm.n)
    end
  end
  return lb.table { columns = columns, rows = rows, caption = "Missing values by variable" }
end

--- Arms that have rows, with the missing cells of each variable.
local function arms_of(d, names)
  local counts = { "n = n()" }
  for i, name in ipairs(names) do
    counts[i + 1] = ("m%d = n_missing(%s)"):format(i, quoted(name))
  end
  local list = {}
  for _, row in ipairs(d:summarise(counts, { by = "arm" }):rows_list()) do
    if row.n > 0 and row.arm ~= nil then
      local arm = { name = row.arm, n = row.n, missing = {} }
      for i, name in ipairs(names) do arm.missing[name] = row["m" .. i] end
      list[#list + 1] = arm
    end
  end
  return list
end

--- Rows without a gap in any variable.
local function complete_rows(d, names)
  local conditions = {}
  for i, name in ipairs(names) do conditions[i] = ("not is_na(%s)"):format(quoted(name)) end
  return #d:filter(table.concat(conditions, " and "))
end

local function check_rows(d, names)
  if #d == 0 then refuse("the data have no rows", "Give a file with one row a patient.") end
  if #names == 0 then
    refuse("there is nothing to describe", "Name columns: --variables age,sex,stage.")
  end
  if #d == 1 then
    refuse("one patient is no cohort: a table of one would show the patient",
      "Give a file with more rows.")
  end
  for _, name in ipairs(names) do
    if d:frame():column(name):missing() < #d then return end
  end
  refuse("every value of every variable is missing",
    "Are the missing-value codes right? lobule peek FILE shows what was read.")
end

--- The cohort by arm where there is one, and its flow.
local function by_arm(d, report)
  local all <const> = #d
  if not d:frame():has "arm" then return d, false end
  d = d:by_arm "arm":complete("arm", "arm known")
  if #d == 0 then
    refuse(("the arm is missing in all %d rows"):format(all), "Leave --arm out, or name another.")
  end
  report:text("{left} of {all} rows have no arm and are described nowhere below.",
    { left = all - #d, all = all })
  return d, true
end

return {
  name = "describe-cohort", version = "1.0.0", lobule = ">= 0.1, < 2",
  title = "Description of a cohort",
  description = "Table 1 overall and by arm, with missing values counted by variable, and the flow "
    .. "from the data to the patients described.",
  licence = "GPL-3.0-or-later", keywords = { "table 1", "missing values", "flow" },
  references = { "von Elm et al. 2007, Lancet 370:1453 (STROBE)",
    "Austin 2009, Stat Med 28:3083 (standardised differences)" },
  inputs = { data = { help = "one row per patient", columns = {
    { "id", role = "id", type = "text", optional = true, help = "Names the patient; may repeat." },
    { "arm", role = "arm", type = "factor", optional = true, levels = { max = 8 },
      help = "Groups that stand side by side, with all patients in the last column." },
    { "variables", role = "covariate", type = "any", many = true,
      help = "What is described: numbers, factors, logical columns; dates and texts are counted." },
  } } },
  params = {
    { "summary", type = "choice", choices = { "median", "mean" }, default = "median",
      help = "Numbers as median and quartiles, or as mean and standard deviation." },
    { "smd", type = "logical", default = true,
      help = "With arms, the standardised mean difference of each variable." },
  },
  limits = { cpu_s = 300, memory = "2 GiB" },
  -- Synthetic: 40 patients, all columns drawn independently, eight cells and one arm emptied.
  -- Expected: R 4.2.2 (complete.cases, median).
  example = { data = "describe-cohort.example.csv",
    sha256 = "371ab62f40ed2a567c1a1d6ae0a3718a31c037fdb3c869578c768974c0aadbdd",
    columns = { arm = { "treatment" }, variables = { "age", "sex", "ecog", "diabetes", "ldh" } },
    expect = {
      n = { 39, abs = 0 }, n_complete = { 31, abs = 0 },
      ["table_one.tidy.median[1]"] = { 53.5, rel = 1e-9 },
      ["table_one.tidy.median[2]"] = { 60, rel = 1e-9 },
    },
  },
  run = function(lb, inputs, params, report)
    local d, shown, others, names = sorted_out(inputs.data)
    check_rows(d, names)
    local rows, persons = d:count()
    report:heading "Patients"
    if persons < rows then
      report:note("{rows} rows belong to {persons} patients: the tables count rows.",
        { rows = rows, persons = persons })
    end
    local with_arm
    d, with_arm = by_arm(d, report)
    local arms = with_arm and arms_of(d, names) or {}
    local complete = complete_rows(d, names)
    report:text("{n} rows are described" .. (with_arm and " in {k} arms" or "") .. ". {complete} "
      .. "of them have a value in each of the {v} variables.", { n = #d,
      k = with_arm and #arms or nil, complete = complete, v = #names })
    report:add(d:flow(), { caption = "From the data to the patients described" })
    local results = { n = #d, n_complete = complete }
    if #shown > 0 then
      results.table_one = lb.table_one(d, { by = with_arm and "arm" or nil, columns = shown,
        smd = params.smd and #arms > 1, summary = params.summary })
      report:heading "Characteristics"
      report:add(results.table_one, { caption = with_arm and "Characteristics by arm"
        or "Characteristics" })
      if params.smd and #arms > 1 then
        report:text [[
The standardised mean difference says how far the arms lie apart, whatever their size: above 0.1 a
difference is usually thought worth a look. No p values are given: whether a difference could be
chance is not the question of this table.]]
      end
    end
    if #others > 0 then
      report:text("Not in the table, since they are dates or texts with many values: {names}.",
        { names = table.concat(others, ", ") })
    end
    report:heading "Missing values"
    report:add(missing_table(lb, d, names, arms))
    report:text [[
Values are missing for a reason, and the reason is often the patient's condition. An analysis that
leaves out incomplete rows describes the others.]]
    return results
  end,
}
