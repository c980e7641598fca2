--- Help on subjects that are no function: formulas, missing values, printing, reports, recipes,
--- coming from R.
local M = {}

M.formulas = [[
Formulas: outcome ~ terms, as in R.
  Surv(time, event)            event logical or 0/1; "status == 2" may stand inside
  Surv(entry, time, event)     late entry: at risk when entry < t <= time
  Surv_CNSR(time, cnsr)        CDISC's code: 1 = censored
  a + b                        main effects; a factor against its first level (:relevel)
  a:b, a * b, (a + b + c)^2    interactions; a * b is a + b + a:b
  log(x), x / 10, I(x^2)       any expression of the columns; `odd names` in backticks
  strata(centre)               a baseline hazard of its own for each stratum
  offset(x)                    enters with coefficient 1
  ~ 1                          no groups, no terms
Terms are named age, treatment[SIRT], treatment[SIRT]:primary[pancreas].]]

M.missing = [[
Missing values: one NA, written in files as an empty cell or NA (option na of lb.cohort).
  Comparisons with NA are NA; `and`, `or`, `not` follow Kleene's logic; is_na(x) asks.
  :filter keeps rows where the condition is true, and counts the NA apart.
  :exclude drops rows where the condition is true; NA stay and are counted.
  :complete drops rows in which a named column is missing.
  Models leave out rows missing any of their variables and say how many, for which variable.
  Summaries skip NA and count them; a missing group is a group of its own.
  In Lua a missing cell reads as nil; lb.NA stands for it in lists of values.]]

M.printing = [[
Printing: print(x) shows a cohort's schema (never rows), a result's table, a small frame's rows.
  frame:show { rows = 40, digits = 4 }   more rows or digits; frame:csv "file.csv" everything
  Columns that do not fit the terminal (COLUMNS, else 80) follow in a second block.
  A quantity (km:median { arm = "A" }) prints as a sentence would have it; :value() is the number.
  result:tidy(), :glance(), :to_json() hold full precision.]]

M.prompt = [[
The prompt: type Lua; an expression shows its value, Enter adds a line until the entry is whole.
  _ __ ___ _7        the last results, and that of entry 7; a line that begins with : goes on with _
  x? ?x help(x)      help on a variable, function or topic; ??word searches all help and your labels
  example(lb.survival.km)   shows a function's example and runs it
  .last              the last result whole; .pager off keeps long ones out of the pager
                     ($LOBULE_PAGER, else $PAGER, else less)
  .help              the other commands: .save FILE, .load FILE, .vars, .history, .edit, ...
  Ctrl-C             stops what runs; Ctrl-D leaves
  fig:show()         draws a figure in the terminal (kitty) or the browser
After an entry that failed, the variables are as they were before it.
Tables are fitted to the terminal; what does not fit is named below. Where fewer than three columns
fit, one field a line. Colours: lobule --color=auto|always|never, NO_COLOR; NA is dim,
negative numbers red.]]

M.example = [[
example(f), example "survival.km": shows the example of a function's help and runs it.
  Examples use lb.example_data(): 48 invented patients, inside the program.]]

M.reports = [[
Reports: lb.report { title = ... } :heading(...) :text(...) :add(...) :save { "x.html", "x.md" }
  :text takes numbers from results:
    :text("Median {m}.", { m = km:median { arm = "A" } })
  :add takes flows, tables, results, figures; { caption = "..." } as second argument.
  The last section is the provenance: versions, script and data with their SHA-256, every step of
  the cohort with its condition and counts, every result at full precision.
  Files go where the path says, the current folder without one; all are written or none.]]

M.recipes = [==[
Recipes: an analysis in one Lua file that a colleague runs on their own data with one command.
  lobule recipe list [word]       what there is: the project's recipes/, your own, the built-in ones
  lobule recipe suggest my.csv    those whose columns the file has, with the command to paste
  lobule recipe show NAME         columns, parameters, limits, example, references, hash, signature
  lobule run NAME --data my.csv --arm treatment --time months --event progressed -o report.html
  lobule recipe new NAME          a recipe that works and explains itself, and its example
  lobule recipe test NAME         the example; then rows and columns in another order, a column too
                                  many, missing values, one row, none. --update prints the numbers
  lobule recipe pack NAME         one .zip; install FILE|FOLDER|ZIP puts it into your folder
  lobule recipe sign NAME --key ~/.ssh/id_ed25519
  lobule recipe verify NAME --signers FILE   (default ~/.config/lobule/allowed_signers)
The file returns a table; loading it runs nothing else:
  name, version, title            lower-case name; three numbers; also lobule (versions),
                                  description, authors, licence, keywords, references
  inputs = { data = { columns = { { "time", role = "time", type = "real", unit = "months",
    range = { 0, 600 }, optional = true, many = true, help = "..." }, ... } } }
  params = { { "horizon", type = "real", default = 24, range = { 1, 120 }, help = "..." }, ... }
  run = function(lb, inputs, params, report) ... return { km = km } end    named results
  example = { data = "NAME.example.csv", sha256 = "...", columns = { time = "months" },
    params = { ... }, expect = { ["km.median[arm=A]"] = { 5.8, rel = 1e-9 } } }
Paths of results in expect: name (a number or quantity), name.field (km.n_event), name.method[arm=A]
(km.median[arm=A]), name.table.column[row] (cox.terms.estimate[arm[B]], km.quantiles.estimate[2]);
`lobule recipe test NAME --update` lists those that there are when one is wrong.
levels = { "A", "B" } of a factor: its order, the first is the reference. Several columns' names
are given with commas: --covariates age,stage. The report's JSON holds named results by name.
More: help "roles", help "map", help "share".
A recipe, whoever wrote it, runs in a process of its own without files, clock or network, within
limits of time and memory; the program makes no network connections. A signature (of the recipe's
and its example's SHA-256) is made and checked by ssh-keygen, from the package openssh-client.]==]

M.roles = [[
Roles of a recipe's columns: what a column is for; --ROLE COLUMN works as --NAME COLUMN does.
  id                           names the patient; never shown
  arm, stratum, cluster        groups that are compared, held apart, or hold related rows
  time, entry                  follow-up to the event or the last contact; late entry
  event, competing_event       true or 1: it happened at that time
  start_date, end_date         days from which times are counted
  covariate, baseline          measured before the start
  outcome, response, dose      what is measured or given
  cost, utility, weight        for costs and utilities; a row's weight
  study, n                     of a table of studies: its name, its number of patients
Units: times and entries in days, weeks, months (30.4375 days) or years (365.25) are converted when
the file's column says its unit; a CSV file cannot: say it in the map (help "map").]]

M.map = [[
A site's map: lobule run NAME --map site.lua. A Lua file that returns a table; the recipe stays as
it was. Every field may be left out.
  return {
    files = { data = "export.csv" },           by input; relative to the map's own folder
    read = { data = { decimal = ",", na = { "-9" } } },  options of lb.cohort, by input
    columns = { treatment = "arm_code",        the recipe's name or role = the file's name
      covariates = { "age", "stage" } },       several where the recipe takes them
    mutate = { "event = status == 2" },        new columns of the file, before anything else
    recode = { arm_code = { { "1", "SIRT" }, { "2", "TACE" } } },  { old, new }, in the new order
    units = { months_fu = "months" },          by the file's column
    params = { conf_level = 0.9 },             the command line's values win
  }
Inputs, columns and parameters that the recipe does not have are refused.
`lobule run NAME --map site.lua --check` shows what comes of it.]]

M.share = [[
lobule run NAME ... --share -o out.json: only what may leave a hospital.
  Shared: km (n, events, quantiles), cox (terms, fit, tests), logrank, subgroups, proportions and
  other quantities with their n, pooled estimates, table_one, crosstab. Everything else that a
  recipe returns stays and is named: single numbers, flows, curves, what the recipe made itself.
  A count from 1 to below --min-cell (5) hides its whole table, as does a count that follows by
  subtraction: those without the event, the reference level of a model. 0 is shown. No lineage, no
  formula, no labels with counts. What follows from two results together is not looked for: read
  the file before it leaves.]]

M["coming from R"] = [[
Coming from R:
  df <- read.csv(f)                  local d = lb.cohort(f, { id = "id" })
  subset(d, age >= 18 & sex != "m")  d:filter "age >= 18 and sex ~= 'm'"
  transform(d, l = log(x))           d:mutate { "l = log(x)" }
  group_by(d, id) |> arrange(visit) |> mutate(x = s - lag(s))
                                     d:mutate({ "x = s - lag(s)" }, { by = "id", order = "visit" })
  relevel(d$arm, "B"), droplevels(d) d:relevel("arm", "B"), d:droplevels()
  count(d, sex); rename(d, new = old) d:count "sex"; d:rename { old = "new" }
  slice_max(d, psa, by = id)         d:first { by = "id", order = "-psa" }
  filter(d, x == max(x), .by = id)   d:filter("x == max(x)", { by = "id" })
  select(d, starts_with("b"), -note) d:select { "b*", "-note" }
  full_join(a, b, by = "id")         a:join(b, { by = "id", kind = "full" })
  is.na(x), ifelse(), %in%           is_na(x), if_else(), x in {'A', 'B'}
  survfit(Surv(t, e) ~ arm, d)       lb.survival.km("Surv(t, e) ~ arm", d)
  summary(fit, times = c(12, 24))    km:at { 12, 24 }
  survdiff(..., rho = 1)             lb.survival.logrank(..., { rho = 1 })
  pairwise_survdiff(...)             lb.survival.logrank(...):pairwise { adjust = "bh" }
  cuminc(time, status, group)        lb.survival.cuminc("Surv(time, status) ~ group", d) and .gray
  crr(...), finegray()               lb.survival.finegray(formula, d, { cause = "relapse" })
  survRM2::rmst2(...)                lb.survival.rmst("Surv(t, e) ~ arm", d, { tau = 24 })
  pseudo(); geepack::geese(...)      lb.survival.pseudo(...), .rmst_regression, .risk_regression
  survexp(); relsurv::rs.surv()      lb.survival.expected(...), .relative(...); .smr for O / E
  coxph(...); exp(coef), confint     lb.survival.cox(...); cox:tidy { exponentiate = true }
  emmeans(), glht(), linearHypothesis()
                                     fit:contrast { { arm = "A" }, { arm = "B" } } and others
  car::Anova(fit, type = 3)          lb.anova(fit, { type = "wald" })
Defaults that differ: Kaplan-Meier limits are log-log (R: log; conf_type = "log" gives R's).
  multistate_cox predicts from the baseline hazards that match its ties: Efron's, unless ties =
  "breslow". R's survfit of a multistate coxph with Efron's ties has other ones where times are
  tied (ctype = 1 gives Breslow's): compare fits with ties = "breslow", which agree.]]

return M
