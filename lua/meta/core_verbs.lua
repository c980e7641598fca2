---@meta
--- Rows, joins, shapes, windows, file formats, pictures and archives of the C core.
--- A part of lobule.core, as core.lua beside this file says.

---@class lobule.core
local core = {}

--- A zip archive of stored entries, in the order given, dated 1980-01-01: the same bytes always.
---@param names string[]            relative, ASCII, each once
---@param texts string[]            as many; any bytes
---@return string
function core.zip(names, texts) end
--- The files of a small zip archive, in its order, unpacked by libzip, opened when first used.
---@param bytes string
---@param most_parts integer
---@param most_bytes integer        of all parts, unpacked; counted while they unpack
---@return string[] names           as the archive has them: to be judged before use
---@return string[] texts
---@raise a damaged or encrypted archive, one beyond the limits, two parts of one name, folders,
--- symbolic links
function core.unzip(bytes, most_parts, most_bytes) end
--- Makes a folder, not those above it; one that is there is left as it is.
---@param path string
---@return boolean made             false: it was there
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

--- Rows of all, which have the same columns in the same order; NaN becomes NA.
---@param frames lobule.Frame[]     at least one
---@return lobule.Frame
function core.stack(frames) end

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

--- How many rows of `b` are rows of `a`, told by the columns that both share, not by values; nil
--- when they share none.
---@param a lobule.Frame
---@param b lobule.Frame
---@return integer?
function core.common_rows(a, b) end

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
---@param options? table            columns, labels ("factor" or "codes"), encoding, id,
---                                 table (of several in a transport file)
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
