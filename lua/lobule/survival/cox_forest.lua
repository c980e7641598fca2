--- The forest plot of a Cox fit: its rows, what they hold at, what is left out, all in words too.
local check = require "lobule.check"
local core = require "lobule.core"
local journal = require "lobule.report.journal"
local terms = require "lobule.terms"

local OPTIONS <const> = { { "title", "string" }, { "width_mm", "positive", 183 },
  { "favours", "texts" }, { "journal", journal.NAMES } }

--- What the fit's class calls its ratios.
local function ratio_label(fit)
  return rawget(getmetatable(fit), "ratio_label")
end

--- A ratio as it can be drawn: nothing beyond a million or a millionth.
local function drawable(x)
  if not x or x > 1e6 or x < 1e-6 then return 0 / 0 end
  return x
end

local function heading(fit, term)
  local list, labels = fit.info.terms, fit.info.labels
  local text = terms.variable(term.variable, labels)
  if terms.is_interaction(term) then return text .. " (ratio of hazard ratios)" end
  local at = terms.holds_at(list, term.variable, labels)
  return at and ("%s (at %s)"):format(text, at) or text
end

--- The heading and the reference of a factor, at a depth.
local function open_factor(rows, fit, term, depth)
  rows[#rows + 1] = { header = true, label = heading(fit, term), indent = depth }
  if terms.is_interaction(term) then return end
  rows[#rows + 1] = { label = term.reference, indent = depth + 1, reference = true,
    text = "1 (reference)" }
end

--- Rows of the plot: a heading and the reference for each factor, a line for each number, below the
--- name of their part where the terms are of several (transitions, causes). The columns of a basis
--- are no ratios of anything one by one: they are left out.
local function rows_of(fit, row_of, text_of, parts)
  local rows, last, part = {}, nil, nil
  local depth <const> = parts and 1 or 0
  for i, term in ipairs(fit.info.terms) do
    local level, variable = term.level, term.variable
    if not terms.basis_number(term) then
      local row = row_of(i)
      if parts and parts[i] ~= part then
        part, last = parts[i], nil
        rows[#rows + 1] = { header = true, label = part }
      end
      if level and variable ~= last then open_factor(rows, fit, term, depth) end
      rows[#rows + 1] = { indent = level and depth + 1 or depth,
        label = level and terms.level(level) or heading(fit, term),
        estimate = drawable(row.estimate), conf_low = drawable(row.conf_low),
        conf_high = drawable(row.conf_high), text = text_of(row) }
    end
    last = level and variable or nil
  end
  return rows
end

--- The estimates in words, for those who cannot see the figure.
local function description(fit, row_of, text_of, note, parts)
  local words = {}
  for i, term in ipairs(fit.info.terms) do
    if not terms.basis_number(term) then
      local at = not terms.is_interaction(term)
        and terms.holds_at(fit.info.terms, term.variable, fit.info.labels)
      words[#words + 1] = ("%s%s%s %s"):format(parts and parts[i] .. ", " or "",
        terms.label(term, fit.info.labels), at and (" (at %s)"):format(at) or "",
        text_of(row_of(i)))
    end
  end
  return ("%ss with their intervals. %s.%s"):format(ratio_label(fit), table.concat(words, "; "),
    note and " " .. note or "")
end

---@param fit lobule.Cox
---@param options? table
---@param row_of fun(i: integer): table  the estimates of term i, exponentiated
---@param text_of fun(row: table): string
---@param parts? string[]          of each term, to what it belongs: a transition, a cause
---@return lobule.Figure
return function(fit, options, row_of, text_of, parts)
  local opts <const> = check.options(options, OPTIONS)
  local rows = rows_of(fit, row_of, text_of, parts)
  local note = terms.left_out_note(fit.info.terms, fit.info.labels)
  if #rows == 0 then
    core.raise("argument", note and "all terms are parts of curves: none has a ratio of its own"
      or "a model without terms has no forest plot", note and "lb.anova tests the parts of a "
      .. "curve together, :predict draws it." or nil)
  end
  local level = core.format_number(100 * fit.options.conf_level)
  local figure = require("lobule.figure").forest {
    title = opts.title or ratio_label(fit) .. "s, " .. fit.info.formula,
    desc = description(fit, row_of, text_of, note, parts), width_mm = opts.width_mm, rows = rows,
    note = note, estimate_label = ("%s (%s %% CI)"):format(ratio_label(fit), level), log = true,
    reference = 1, x_label = ratio_label(fit), favours = opts.favours }
  return opts.journal and figure:styled(opts.journal) or figure
end
