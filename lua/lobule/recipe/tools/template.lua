--- The recipe that `lobule recipe new` writes, and its example. The comments in it are its manual:
--- who reads them from top to bottom can finish it.
local M = {}

--- 24 made-up patients. Arm A: 12, of whom 10 progressed; arm B: 12, 10; one age is missing.
M.DATA = [[
patient,arm,age,months,progressed
P01,A,40,3.9,true
P02,B,77,16.2,true
P03,A,73,7.3,true
P04,B,69,1.3,true
P05,A,65,0.7,true
P06,B,,1.5,true
P07,A,57,5.4,false
P08,B,53,2.4,true
P09,A,49,9.3,false
P10,B,45,13.3,true
P11,A,41,34.1,true
P12,B,78,29.7,true
P13,A,74,1.8,true
P14,B,70,5.9,false
P15,A,66,2.2,true
P16,B,62,15.7,true
P17,A,58,7.5,true
P18,B,54,1.3,true
P19,A,50,10.7,true
P20,B,46,6.1,true
P21,A,42,5.8,true
P22,B,79,24.1,true
P23,A,75,2.9,true
P24,B,71,11.6,false
]]

--- NAME and SHA256 are filled in.
M.RECIPE = [==[
-- NAME: a recipe, an analysis that colleagues run on their own data with one command.
--
--   lobule recipe test ./NAME.lua               runs the example at the end of this file
--   lobule run ./NAME.lua --help                the command line that comes from this table
--   lobule run ./NAME.lua --data my.csv --id patient --arm treatment --time months \
--     --event progressed -o report.html
-- A file in recipes/, or installed (lobule recipe install ./NAME.lua), is called by its name alone.
--
-- The file returns one table. It is read in an empty world: no `require`, no files, no clock. What
-- `run` needs it is given: `lb` is the whole library, as in a script (`lobule help` explains it).
return {
  -- Who it is. The name is the file's name without .lua: lower-case letters, digits and -.
  name = "NAME",
  version = "0.1.0",            -- three numbers; raise it with every change you hand on
  lobule = ">= 0.1, < 2",       -- versions of the program it is written for
  title = "Time to progression by treatment",
  description = "Kaplan-Meier curves and medians by arm, with the cohort's flow and Table 1.",
  authors = { { "A. Author" } },  -- each { "name", orcid = "0000-0000-0000-0000" }
  licence = "CC-BY-4.0",
  keywords = { "survival" },    -- words that `lobule recipe list WORD` finds it by
  references = { "Kaplan & Meier 1958, JASA 53:457" },

  -- What it needs. Each input is a file; `data` becomes the option --data FILE.
  -- A column is { "name", role = ..., type = ..., ... }. `name` is what YOUR code calls it below,
  -- whatever it is called in the file: there it is found by that name, or by --name COLUMN.
  --   role      what it is for: id, arm, time, entry, event, competing_event, start_date, end_date,
  --             covariate, stratum, cluster, weight, outcome, baseline, dose, cost, utility, ...
  --   type      real, integer, logical, factor, text, date, datetime or any
  --   unit      what your code counts in; known units are converted
  --   range     { least, largest } that makes sense; what is outside is refused before the run
  --   levels    of a factor: a list, or { min = 2, max = 6 } for how many
  --   many      true: any number of columns may play this role
  --   optional  true: it may be missing, and your code must cope
  --   help      a line for people
  inputs = {
    data = {
      help = "one row per patient",
      columns = {
        { "id",    role = "id",        type = "text" },
        { "arm",   role = "arm",       type = "factor", levels = { min = 2, max = 6 } },
        { "time",  role = "time",      type = "real", unit = "months", range = { 0, 600 },
          help = "from the start of treatment to progression or last contact" },
        { "event", role = "event",     type = "logical",
          help = "true: progressed; false: censored" },
        { "age",   role = "covariate", type = "real", unit = "years", range = { 0, 120 },
          optional = true },
      },
    },
  },

  -- What can be chosen: the options --conf-level and --landmark. Types: real, integer, logical,
  -- text, choice (with choices = { "a", "b" }). What has no default and is not optional must be
  -- given.
  params = {
    { "conf_level", type = "real", default = 0.95, range = { 0.5, 0.999 },
      help = "confidence level" },
    { "landmark", type = "real", default = 6, range = { 0, 600 }, unit = "months",
      help = "time at which the curves are read" },
  },

  -- What it may use at most. Beyond that it is ended (exit status 3).
  limits = { cpu_s = 60, memory = "1 GiB" },

  -- The analysis.
  --   lb       the library: lb.survival, lb.table_one, ...; it reads no files
  --   inputs   a cohort by input: inputs.data, with the names above
  --   params   values by name: params.conf_level
  --   report   :heading(text)  :text(text, values)  :note(text)  :add(object, { caption = ... })
  run = function(lb, inputs, params, report)
    -- Rows leave only by name and with a reason, so that the flow can count them.
    local patients = inputs.data
      :by_arm "arm"
      :complete({ "time", "event", "arm" }, "time, event and arm known")

    local km = lb.survival.km("Surv(time, event) ~ arm", patients,
      { conf_level = params.conf_level })

    -- An optional column is there or is not: ask before using it.
    local described = { "arm" }
    if patients:frame():has "age" then described[#described + 1] = "age" end

    report
      :heading "Patients"
      :add(patients:flow())
      :add(lb.table_one(patients, { by = "arm", columns = described }))
      :heading "Progression"
      :add(km:plot { risk_table = true }, { caption = "Time to progression by arm" })
      :add(km:median(), { caption = "Median time to progression" })
      :add(km:at { params.landmark }, { caption = "Free of progression at the landmark" })

    -- Numbers in prose come from results and are never typed by hand: {n} is filled in.
    report:text("{n} patients were analysed; {events} progressed.",
      { n = km:glance():column("n")[1], events = km:glance():column("n_event")[1] })

    -- Named results: numbers, quantities or fitted results. Tests, `lobule verify` and the pooling
    -- of several hospitals read them by these names.
    return { km = km }
  end,

  -- The example: small, MADE UP (never a patient's data), in a file beside this one. It is the
  -- proof that the recipe works; `lobule recipe test ./NAME.lua --update` prints the lines for it.
  --   data     the file; with several inputs { data = "...", costs = "..." }, sha256 likewise
  --   columns  the file's names where they differ from yours
  --   params   values other than the defaults
  --   sha256   of the file, so that nobody tests against another one
  --   expect   ["path"] = { value, rel = relative, abs = absolute tolerance }; paths are
  --            name.field         km.n_event: a field of the result's record
  --            name.method[...]   km.median[arm=A]: a number that a method gives, for that group
  --            name.table.column[row]  cox.terms.estimate[arm[B]]: by the row's first text
  --                                   or number, km.quantiles.estimate[2]
  --   skip     ["name of a check"] = "why it does not apply"
  example = {
    data = "NAME.example.csv",
    sha256 = "SHA256",
    columns = { id = "patient", time = "months", event = "progressed" },
    expect = {
      ["km.n"] = { 24, abs = 0 },
      ["km.n_event"] = { 20, abs = 0 },
      ["km.median[arm=A]"] = { 5.8, rel = 1e-12 },
      ["km.median[arm=B]"] = { 13.3, rel = 1e-12 },
    },
  },
}
]==]

return M
