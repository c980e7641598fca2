---@meta lobule.core
--- The C core as Lua sees it. Researchers call the modules in lua/lobule, which call this one; a
--- test compares
--- the names here with the live module both ways. Missing cells are `core.NA` inside lists and nil
--- when indexed.

---@class lobule.core
---@field version string            version of the program, "1.2.3"
---@field NA lobule.NA              the missing value, for building lists; tostring gives "NA"
local core = {}

---@class lobule.NA

---@class lobule.Error              what every failure raises
---@field code "memory"|"argument"|"name"|"type"|"parse"|"data"|"io"|"interrupted"|"numeric"
---@field message string            "cohort:filter: no column 'traetment' (did you mean
---                                 'treatment'?)"
---@field context string            further lines: source with a caret, the mend; may be ""
---@field where string              "analysis.lua:12", "" when unknown

--- Raises an error object at the researcher's line, prefixed with the name of the public function
--- they called.
---@param code string
---@param message string
---@param context? string
function core.raise(code, message, context) end

--- Declares a class of Lua tables or C objects: registers each function in `methods` under
--- "kind:name" for messages,
--- sets methods.__index to a function that notes the caller's line (chains over many lines) and
--- raises with
--- did-you-mean on an unknown member, and returns `methods`, which serves as the metatable of Lua
--- objects.
--- Members found by rawget on the object come first, then methods, then methods.__get(object, key)
--- if there is one,
--- which returns the value and, for a known member that is nil, true as second result; else the
--- member is unknown.
--- For "frame", "column", "model", "km_fit", "cox_fit" the methods join those of the C type of that
--- name.
---@param kind string               e.g. "cohort"
---@param methods table
---@return table methods
function core.class(kind, methods) end

--- Declares a namespace: registers its functions as "name.function" for messages, and makes an
--- unknown field an error with
--- did-you-mean.
---@param name string               e.g. "survival"; "" for lb itself
---@param functions table
---@return table functions
function core.namespace(name, functions) end

--- Chunk names that begin with `prefix` are the library's own and never shown as the researcher's
--- line.
---@param prefix string
function core.internal(prefix) end

--- The nearest of a list of names, or nil when none is near.
---@param name string
---@param names string[]
---@return string?
function core.nearest(name, names) end

--- Reads a CSV file. Options, all optional: na (list), types (table column -> type name), columns
--- (list), separator, id, decimal, date_format, censored ("below"), encoding (files only). A file
--- may be gzip.
---@param path string
---@param options? table
---@return lobule.Frame frame
---@return table[] problems         each { row, line, column, message }
---@return integer n_problems       all that were found; `problems` holds the first 1000
---@return table facts              sha256, encoding, separator, line_end, gzip, byte_order_mark
function core.read_csv(path, options) end

--- As read_csv, from text; `source` names it in messages.
---@param text string
---@param source string
---@param options? table
---@return lobule.Frame frame
---@return table[] problems
---@return integer n_problems
function core.parse_csv(text, source, options) end

---@param frame lobule.Frame
---@return string text
function core.format_csv(frame) end

--- A frame from Lua values: a list of { name, values, type?, label = , unit =, levels = }; values
--- is a Column or a list in which core.NA
--- is missing (n gives the length of a list that ends in missing values). Without a type: numbers
--- real (integer if all
--- are Lua integers), booleans logical, strings text. Raises for other fields, for a list longer
--- than its n, and for names that hold a backtick or a control character.
---@param columns table[]
---@return lobule.Frame
function core.frame(columns) end

--- A `with` table for expressions: scalars (number, string, boolean) and lists of them.
---@param values? table
---@return lobule.With
function core.with(values) end

---@class lobule.With
local With = {}
--- Raises when a name was used by no expression.
function With:check_used() end

--- Rows where `text` is true.
---@param frame lobule.Frame
---@param text string
---@param with? lobule.With
---@return lobule.Frame kept
---@return integer n_true
---@return integer n_false
---@return integer n_missing
---@return string[] notes
function core.filter(frame, text, with) end

--- Rows where `text` is false or NA: those left when the true ones are dropped. The counts are
--- those of filter.
---@param frame lobule.Frame
---@param text string
---@param with? lobule.With
---@return lobule.Frame kept
---@return integer n_true
---@return integer n_false
---@return integer n_missing
---@return string[] notes
function core.reject(frame, text, with) end

--- The value of an expression in every row.
---@param frame lobule.Frame
---@param text string
---@param with? lobule.With
---@return lobule.Column column
---@return string[] notes
function core.eval(frame, text, with) end

--- Splits "name = expression".
---@param text string
---@return string name
---@return string expression
function core.split_assignment(text) end

--- Rows chosen by number, from 1, in the order given.
---@param frame lobule.Frame
---@param rows integer[]
---@return lobule.Frame
function core.take(frame, rows) end

--- Groups: one row a combination of the columns in `by` with the keys, and each "name = expression"
--- evaluated over the group.
---@param frame lobule.Frame
---@param assignments string[]
---@param by string[]
---@param with? lobule.With
---@return lobule.Frame
---@return string[] notes
function core.summarise(frame, assignments, by, with) end

--- The frames of the groups, in order of key.
---@param frame lobule.Frame
---@param by string[]
---@return table[] groups           each { key = { values as text or core.NA }, frame = Frame }
function core.split(frame, by) end

--- Columns in the order named.
---@param frame lobule.Frame
---@param names string[]
---@return lobule.Frame
function core.select(frame, names) end

--- Column replaced in place or appended.
---@param frame lobule.Frame
---@param name string
---@param column lobule.Column
---@return lobule.Frame
function core.with_column(frame, name, column) end

---@param frame lobule.Frame
---@param old string
---@param new string
---@return lobule.Frame
function core.rename(frame, old, new) end

--- Numbers that describe a column: n, n_missing, n_nan; for numbers and dates min, max, mean, sd,
--- median, q1, q3 (type 7); for factor and logical
--- levels = list of { label, n }; for text n_distinct. n_distinct for all.
---@param column lobule.Column
---@return table
function core.summary(column) end

--- Factor from text, numbers or logicals; levels in the order given, else sorted. `ordered` for an
--- ordered one.
---@param column lobule.Column
---@param levels? string[]
---@param ordered? boolean
---@return lobule.Column
function core.factor(column, levels, ordered) end

--- A factor with the named levels first.
---@param column lobule.Column
---@param first string[]
---@return lobule.Column
function core.relevel(column, first) end

--- The same values with a label and a unit (nil = none).
---@param column lobule.Column
---@param label? string
---@param unit? string
---@return lobule.Column
function core.label(column, label, unit) end

---@class lobule.Column             a column: `column[i]` is the value of row i from 1, nil when
---                                 missing; `#column` its length
local Column = {}
---@return "real"|"integer"|"logical"|"factor"|"text"|"date"|"datetime"
function Column:type() end
---@return string[]?                # levels of a factor, else nil
function Column:levels() end
---@return boolean                  # true for an ordered factor
function Column:ordered() end
---@return string?
function Column:label() end
---@return string?
function Column:unit() end
---@return integer                  # number of missing rows
function Column:missing() end
---@return table                    # values as a Lua list, core.NA where missing; dates and
---                                 datetimes as ISO text; field n = length
function Column:totable() end

---@class lobule.Frame              columns of one length, in order; `#frame` is the number of rows
local Frame = {}
---@return string[]
function Frame:names() end
---@return integer
function Frame:rows() end
---@param name string
---@return boolean
function Frame:has(name) end
---@param name string
---@return lobule.Column
function Frame:column(name) end
--- Row number from 1 in the table as it was read.
---@param row integer
---@return integer
function Frame:source_row(row) end
---@return string?                  # base name of the file, when read from one
function Frame:source() end

--- A formula and a frame as arrays for a statistic.
---@param formula string
---@param frame lobule.Frame
---@param kind "groups"|"design"
---@param weights? string           column of weights
---@param outcome? "right"|"interval"|"causes"  what the method takes beside Surv(time, event)
---@return lobule.Model
function core.model(formula, frame, kind, weights, outcome) end

---@class lobule.Model
local Model = {}
--- n_rows, n_used, n_missing, n_event, n_time_zero, dropped (list of { variable, n }), groups and
--- strata (each { label = list, name = list, empty =
--- list }), terms (list of { term, variable, level, reference, n, n_event }), time_label,
--- time_unit, formula, has_entry, time_max, suspect_cnsr; n_cluster and causes where there
--- are any.
---@return table
function Model:info() end

--- Kaplan-Meier curves of a "groups" model.
---@param model lobule.Model
---@param conf_level number
---@param conf_type "log-log"|"log"|"plain"|"logit"|"arcsine"|"log-peto"
---@param robust? boolean           variance by the infinitesimal jackknife, for sampling weights
---@return lobule.KMFit
function core.km(model, conf_level, conf_type, robust) end

---@class lobule.KMFit
local KMFit = {}
--- time, n_risk, n_event, n_censor, survival, std_error, conf_low, conf_high of group g from 1.
---@param g integer
---@return lobule.Frame
function KMFit:curve(g) end
---@param g integer
---@param prob number               fraction that has had the event: 0.5 for the median
---@return number time              # nil (all three) when not reached
---@return number conf_low
---@return number conf_high
function KMFit:quantile(g, prob) end
--- One row a time: time, n_risk (just before), n_event and n_censor (since the previous time
--- listed), survival, std_error, conf_low, conf_high.
---@param g integer
---@param times number[]            ascending
---@return lobule.Frame
function KMFit:at(g, times) end
---@param g integer
---@return integer n
---@return number n_event
function KMFit:count(g) end

--- Log-rank test: fields group (list of names), n, observed, expected (lists), variance (list of
--- lists), chi_square, df, p_value, n_strata.
---@param model lobule.Model
---@param rho number                0: log-rank; 1: Peto-Peto (G-rho family)
---@return table
function core.logrank(model, rho) end

--- Cox model of a "design" model. Fields of the result: coef, std_error (lists, NaN where not
--- estimable), vcov (list of
--- lists), log_lik_null, log_lik, score (each { chi_square, df, p_value }), wald, likelihood_ratio,
--- iterations, converged, n, n_event, infinite and collinear
--- (lists of booleans), means; combination (list of lists) when a column is collinear.
---@param model lobule.Model
---@param ties "efron"|"breslow"
---@param max_iter integer
---@param tolerance number
---@param frequency? boolean        weights are repeated rows
---@return table
function core.cox(model, ties, max_iter, tolerance, frequency) end

--- Robust variance of a Cox fit, by the clusters of the model if it has any. `fit` is the table of
--- core.cox with ties, frequency and naive_vcov (its model-based vcov) added; so for all below.
---@param model lobule.Model
---@param fit table
---@return table                    # vcov, std_error, wald, score, n_cluster
function core.cox_robust(model, fit) end
--- Residuals as columns: `row` (position in the frame) and one column, or one a term.
---@param model lobule.Model
---@param fit table
---@param kind string               "martingale", "deviance", "score", "schoenfeld",
---                                 "scaled_schoenfeld", "dfbeta", "dfbetas"
---@param all? boolean              a row for each row of the frame instead, NA where left out
---@return lobule.Frame
function core.cox_residuals(model, fit, kind, all) end
--- Harrell's concordance of the linear predictor, within strata.
---@param model lobule.Model
---@param fit table
---@param newdata? lobule.Model     with its outcome; nil: the fitted rows
---@return table                    # concordance, std_error (nil without pairs), concordant,
---                                 discordant, tied_x, tied_y, tied_xy, n
function core.cox_concordance(model, fit, newdata) end
--- Linear predictors less that of the mean of the covariates, or the part of one variable.
---@param model lobule.Model
---@param fit table
---@param newdata? lobule.Model     of core.model_apply; nil: the fitted rows
---@param variable? string
---@return lobule.Frame             # estimate, std_error: one row a row of the data
function core.cox_linear(model, fit, newdata, variable) end
---@param model lobule.Model
---@param fit table
---@param newdata? lobule.Model     with its outcome
---@return lobule.Frame             # expected events to each one's time: estimate, std_error
function core.cox_expected(model, fit, newdata) end
--- Survival of people at times, person by person.
---@param model lobule.Model
---@param fit table
---@param newdata? lobule.Model
---@param times number[]
---@param conf_level number
---@param conf_type "log-log"|"log"|"plain"
---@return lobule.Frame             # estimate, std_error, conf_low, conf_high, cumulative_hazard
function core.cox_survival(model, fit, newdata, times, conf_level, conf_type) end
---@param model lobule.Model
---@param fit table
---@param centred boolean           at the means of the covariates instead of 0
---@return lobule.Frame             # stratum (from 1), time, n_risk, n_event, hazard, estimate
---                                 (cumulative), std_error
function core.cox_baseline(model, fit, centred) end
--- The design of new data for a fitted "design" model.
---@param model lobule.Model
---@param frame lobule.Frame
---@param outcome? boolean          with times and events
---@return lobule.Model
function core.model_apply(model, frame, outcome) end

--- Interval of a proportion x / n.
---@param x number
---@param n number
---@param conf_level number
---@param method string            "wilson", "exact", "wilson-continuity", "mid-p", "jeffreys",
---                                 "agresti-coull", "wald", "wald-continuity", "logit", "arcsine",
---                                 "likelihood-ratio"
---@return number conf_low
---@return number conf_high
function core.proportion(x, n, conf_level, method) end

---@param probability number
---@return number                   # quantile of the standard normal distribution
function core.normal_quantile(probability) end
---@param x number
---@return number                   # two-sided p of a standard normal statistic, computed in the
---                                 tail
function core.normal_p(x) end
---@param x number
---@param df number
---@return number                   # upper tail of chi-square
function core.chi_square_p(x, df) end

---@param path string
---@return string
function core.read_file(path) end
--- Writes atomically: the old file or the new one, never half.
---@param path string
---@param text string
function core.write_file(path, text) end
---@param text string
---@return string                   # 64 hexadecimal digits
function core.sha256(text) end
--- JSON text of Lua values. Lists become arrays, other tables objects with sorted keys, or in the
--- order of the list in the metatable's __keys;
--- core.NA becomes null; NaN and infinities the strings "NaN", "Inf", "-Inf"; Columns arrays; an
--- empty table is an array unless its metatable has __keys.
---@param value any
---@param indent? integer
---@return string
function core.json_encode(value, indent) end
--- null becomes core.NA. Whole numbers within 64 bits become integers, exactly; larger ones floats.
--- A number beyond the largest float is an error.
---@param text string
---@return any
function core.json_decode(text) end
--- Shortest text that reads back as the same number, whatever the locale.
---@param x number
---@return string
function core.format_number(x) end
---@param text string
---@return integer                  # terminal columns
function core.text_width(text) end
--- Functions of the expression language: list of { name, signature, help, aggregate, window }; one
--- of the help's clauses, parted by "; ", says what becomes of NA.
---@return table[]
function core.expression_functions() end
--- Threads in use; sets them when n is given (0: back to the environment).
---@param n? integer
---@return integer
function core.threads(n) end
--- C objects alive in this Lua state, for tests.
---@return integer
function core.live_objects() end
--- Blocks of our own memory now held, for tests.
---@return integer
function core.live_blocks() end
--- Tests: after k more allocations every one fails; -1 = never.
---@param k integer
function core.fail_after(k) end
--- A zip archive of stored entries, in the order given, dated 1980-01-01: the same bytes always.
---@param names string[]            relative, ASCII, each once
---@param texts string[]            as many; any bytes
---@return string
function core.zip(names, texts) end
--- Makes a folder, not those above it; one that is there is left as it is.
---@param path string
function core.make_folder(path) end
--- An SVG drawn as PNG (8-bit RGB on white) by librsvg and cairo, opened when first used.
---@param svg string
---@param dpi number                1 to 10000
---@return string
function core.render_png(svg, dpi) end
--- SVGs drawn as the pages of one PDF, each in its own size, without dates.
---@param pages string[]            at least one
---@param title? string
---@param author? string
---@return string
function core.render_pdf(pages, title, author) end

--- Rows in the order of the columns named, each descending where the list says true; stable;
--- missing values last, or first.
---@param frame lobule.Frame
---@param names string[]
---@param descending boolean[]
---@param missing_first? boolean
---@return lobule.Frame
function core.sort(frame, names, descending, missing_first) end

--- Rows first..last from 1, as far as there are such.
---@param frame lobule.Frame
---@param first integer
---@param last integer
---@return lobule.Frame
function core.range(frame, first, last) end

--- n rows: the frame's own, again and again.
---@param frame lobule.Frame
---@param n integer
---@return lobule.Frame
function core.cycle(frame, n) end

--- n rows drawn at random, in row order.
---@param frame lobule.Frame
---@param n integer
---@param seed integer
---@param replace? boolean
---@return lobule.Frame
function core.sample(frame, n, seed, replace) end

--- The first (or last) row of each group in the order of the columns named (nil: as rows stand), in
--- row order. Missing values of the order come last for the first row, first for the last.
---@param frame lobule.Frame
---@param by string[]
---@param names? string[]
---@param descending? boolean[]
---@param last? boolean
---@return lobule.Frame
function core.pick(frame, by, names, descending, last) end

--- Rows of both, columns by name.
---@param frame lobule.Frame
---@param below lobule.Frame
---@return lobule.Frame
function core.append(frame, below) end

--- Columns of both, those of `beside` under other names.
---@param frame lobule.Frame
---@param beside lobule.Frame
---@param names string[]
---@return lobule.Frame
function core.bind(frame, beside, names) end

--- Gathers all columns of a filtered or sorted frame at once, one column a task. Returns the frame.
---@param frame lobule.Frame
---@return lobule.Frame
function core.gather(frame) end

--- Rows with equal keys side by side.
---@param left lobule.Frame
---@param right lobule.Frame
---@param left_by string[]
---@param right_by string[]
---@param kind "inner"|"left"|"anti"|"semi"
---@param many? boolean
---@return lobule.Frame left
---@return lobule.Frame? right      # nil for anti and semi
---@return table counts             # n_matched, n_unmatched, n_missing, n_right_missing,
---                                 n_right_unmatched, n_many
function core.join(left, right, left_by, right_by, kind, many) end

--- Each left row with the right row nearest in time.
---@param left lobule.Frame
---@param right lobule.Frame
---@param left_by string[]
---@param right_by string[]
---@param options table             left_time, right_time, direction ("before", "after", "nearest"),
---                                 within
---@return lobule.Frame left
---@return lobule.Frame right
---@return table counts
function core.asof_join(left, right, left_by, right_by, options) end

--- Each left row with the right rows where start <= time < stop.
---@param left lobule.Frame
---@param right lobule.Frame
---@param left_by string[]
---@param right_by string[]
---@param options table             time, start, stop, keep, many
---@return lobule.Frame left
---@return lobule.Frame right
---@return table counts
function core.interval_join(left, right, left_by, right_by, options) end

--- Every row once for each column, and the columns' values in that order.
---@param frame lobule.Frame
---@param columns string[]
---@return lobule.Frame rows
---@return lobule.Column values
function core.longer(frame, columns) end

--- Rows spread: the first row of each combination of ids, the combinations of the name columns, and
--- for each value column a list with one column for each of them.
---@param frame lobule.Frame
---@param ids string[]
---@param names string[]
---@param values string[]
---@return lobule.Frame lines
---@return lobule.Frame names
---@return lobule.Column[][] values
function core.spread(frame, ids, names, values) end

--- A column with missing cells filled from above (below: up) in the group.
---@param frame lobule.Frame
---@param name string
---@param by string[]
---@param up? boolean
---@return lobule.Column
---@return integer n_filled
function core.fill(frame, name, by, up) end

--- Rows where two columns differ; missing equals missing.
---@param a lobule.Column
---@param b lobule.Column
---@return lobule.Column            # logical
function core.differs(a, b) end

--- A factor with its levels called as the list says: equal names merge, core.NA makes rows missing.
---@param column lobule.Column
---@param to (string|lobule.NA)[]
---@return lobule.Column
function core.map_levels(column, to) end

--- A sheet of an xlsx file from its bytes; `source` names it in messages.
---@param bytes string
---@param source? string
---@param options? table            sheet (name or number), range, na, types, columns, id
---@return lobule.Frame frame
---@return table[] problems
---@return integer n_problems
function core.parse_xlsx(bytes, source, options) end

--- The frame as the bytes of an xlsx file.
---@param frame lobule.Frame
---@param sheet? string             default "Data"
---@return string bytes
function core.format_xlsx(frame, sheet) end

--- A file of SAS, SPSS or Stata from its bytes.
---@param bytes string
---@param format "xpt"|"sas7bdat"|"sav"|"por"|"dta"
---@param source? string
---@param options? table            columns, labels ("factor" or "codes"), encoding, id
---@return lobule.Frame frame
---@return table[] problems
---@return integer n_problems
function core.parse_stat(bytes, format, source, options) end

---@param frame lobule.Frame
---@param format "xpt"|"sav"|"dta"
---@return string bytes
function core.format_stat(frame, format) end

--- A table or query of an SQLite file.
---@param path string
---@param options? table            table, query, params, na, types, columns, id
---@return lobule.Frame frame
---@return table[] problems
---@return integer n_problems
function core.read_sqlite(path, options) end

--- Writes the frame as a table, in one transaction.
---@param path string
---@param frame lobule.Frame
---@param table string
---@param replace? boolean
function core.write_sqlite(path, frame, table, replace) end

--- The frame for another C module of this program, through the Arrow C data interface, without a
--- copy: pointers to its two structs. They hold while `owner` lives; the receiver may release them
--- before.
---@param frame lobule.Frame
---@return lightuserdata schema
---@return lightuserdata array
---@return userdata owner
function core.export_arrow(frame) end

--- A frame from pointers to the two structs of the Arrow C data interface, which are released.
---@param schema lightuserdata      struct ArrowSchema of format "+s"
---@param array lightuserdata       struct ArrowArray
---@param source? string            name for messages
---@return lobule.Frame
function core.import_arrow(schema, array, source) end

--- New columns over groups, one after another: aggregates give each row its group's value, and
--- rank, row_number, lag, lead and cumsum follow the order. Groups and order are those of `frame`.
---@param frame lobule.Frame
---@param assignments string[]
---@param by string[]               grouping columns; none: all rows are one group
---@param order string[]            sort keys; none: row order
---@param descending boolean[]
---@param with? lobule.With
---@return lobule.Frame
---@return string[] notes
function core.mutate_groups(frame, assignments, by, order, descending, with) end
--- The steps of a compiled expression, operands before what reads them; the last is the value.
---@param frame lobule.Frame
---@param text string
---@param with? lobule.With
---@return table[] steps            { name, type, source, folded, operands }
---@return string[] columns         read, in order of first use
function core.plan(frame, text, with) end

return core
