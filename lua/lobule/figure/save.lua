--- Figures as files: SVG as it is; PDF and PNG drawn from it.
local check = require "lobule.check"
local core = require "lobule.core"

local M = {}

local LINE_ART <const> = 600 -- dots per inch that journals ask of line drawings
local OPTIONS <const> = { { "dpi", "positive", LINE_ART }, { "title", "string" } }
local WRITE <const> = {}

WRITE[".svg"] = function(figure) return figure:svg() end
WRITE[".pdf"] = function(figure, opts) return M.pdf(figure, opts.title) end
WRITE[".png"] = function(figure, opts) return M.png(figure, opts.dpi) end

--- The figure as PDF: text stays text, fonts are embedded.
---@param figure lobule.Figure
---@param title? string             of the document, default the figure's
---@return string
---@raise librsvg2-2, libcairo2 or the font is not installed
function M.pdf(figure, title)
  return core.render_pdf({ figure:svg() }, title or figure.title)
end

--- The figure as PNG, RGB on white.
---@param figure lobule.Figure
---@param dpi? number               default 600
---@return string
---@raise librsvg2-2, libcairo2 or the font is not installed; more than 32,767 pixels a side
function M.png(figure, dpi)
  return core.render_png(figure:svg(), dpi or LINE_ART)
end

local function writer(path)
  local extension = path:lower():match("[^/\\](%.%w+)$")
  local write = WRITE[extension or ""]
  if write then return write end
  core.raise("argument", ("cannot save '%s': %s"):format(path:match("([^/\\]*)$"),
    extension and ("unknown extension '%s'"):format(extension) or "the name has no extension"),
    "Extensions are: .svg, .pdf, .png.")
end

--- Writes a figure, in the format of each extension; all are drawn before the first is written.
---@param figure lobule.Figure
---@param paths string|string[]
---@param options? table            dpi (600) of PNG; title of the PDF document
function M.save(figure, paths, options)
  local opts <const> = check.options(options, OPTIONS)
  local list, texts = check.texts(paths, "paths"), {}
  for _, path in ipairs(list) do writer(path) end
  for i, path in ipairs(list) do texts[i] = writer(path)(figure, opts) end
  for i, path in ipairs(list) do core.write_file(path, texts[i]) end
end

return M
