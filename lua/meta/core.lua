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
--- What the values are.
---@return "real"|"integer"|"logical"|"factor"|"text"|"date"|"datetime"
function Column:type() end
--- The levels of a factor, the reference first.
---@return string[]?                # levels of a factor, else nil
function Column:levels() end
--- Whether a factor is ordered.
---@return boolean                  # true for an ordered factor
function Column:ordered() end
--- What reports call the column.
---@return string?
function Column:label() end
--- The unit of the values.
---@return string?
function Column:unit() end
--- Missing values, counted.
---@return integer                  # number of missing rows
function Column:missing() end
--- The values as a list, for small columns.
---@return table                    # values as a Lua list, core.NA where missing; dates and
---                                 datetimes as ISO text; field n = length
function Column:totable() end

---@class lobule.Frame              columns of one length, in order; `#frame` is the number of rows
local Frame = {}
--- Names of the columns, in order.
---@return string[]
function Frame:names() end
--- How many rows there are.
---@return integer
function Frame:rows() end
--- Whether there is a column of that name.
---@param name string
---@return boolean
function Frame:has(name) end
--- A column by name.
---@param name string
---@return lobule.Column
function Frame:column(name) end
--- Row number from 1 in the table as it was read.
---@param row integer
---@return integer
function Frame:source_row(row) end
--- The file that the frame was read from.
---@return string?                  # base name of the file, when read from one
function Frame:source() end

---@param probability number
---@return number                   # quantile of the standard normal distribution
function core.normal_quantile(probability) end
---@param x number
---@return number                   # two-sided p of a standard normal statistic, computed in the
---                                 tail
function core.normal_p(x) end
--- P-value of a standard normal statistic for an alternative.
---@param z number
---@param alternative "two_sided"|"greater"|"less"
---@return number
function core.normal_tail(z, alternative) end
--- P-value of a standard normal statistic for an alternative.
---@param z number
---@param alternative "two_sided"|"greater"|"less"
---@return number
function core.normal_tail(z, alternative) end
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
--- Several files, all or none: each is written to a temporary name before the first is renamed.
---@param paths string[]
---@param texts string[]            as many
function core.write_files(paths, texts) end
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
--- A frame as bytes for another process of this machine, exact to the last bit; the rows' numbers
--- in the file they came from are not kept.
---@param frame lobule.Frame
---@return string
function core.pack_frame(frame) end
--- The frame of pack_frame. Bytes that it has not made are an error.
---@param bytes string
---@param source? string            base name shown in messages
---@return lobule.Frame
function core.unpack_frame(bytes, source) end
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
--- Gives memory back to the system that freed columns left for reuse; collect garbage first.
---@return integer bytes
function core.memory_trim() end
--- The most bytes of columns, results and work space held at once since the last call, and those
--- held now.
---@return integer peak
---@return integer now
function core.memory_peak() end
--- C objects alive in this Lua state, for tests.
---@return integer
function core.live_objects() end
--- Blocks of our own memory now held, for tests.
---@return integer
function core.live_blocks() end
--- Tests: after k more allocations every one fails; -1 = never.
---@param k integer
function core.fail_after(k) end
return core
