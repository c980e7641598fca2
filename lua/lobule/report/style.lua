--- The style sheet of HTML reports: calm on a screen, light or dark, wide or narrow, and on paper.
local M = {}

-- Figures carry plain colours as attributes, which Word and librsvg need; the page recolours by
-- class. Contrast on #121417: text 4.5:1 and more, lines 3:1 and more.
local DARK_ROLES <const> = { { "ink", "#e6e8eb" }, { "muted", "#a9b1ba" }, { "grid", "#474d54" },
  { "paper", "#121417" }, { "s1", "#4da3dc" }, { "s2", "#f0803c" }, { "s3", "#2dbe93" },
  { "s4", "#dc94b9" }, { "s5", "#c4c4c4" }, { "s6", "#8f8f8f" }, { "s7", "#c4c4c4" },
  { "s8", "#8f8f8f" } }

--- A role may be a fill or a stroke: each is replaced only where the mark has it.
local function dark_figures()
  local lines = {}
  for i, role in ipairs(DARK_ROLES) do
    local class <const>, colour <const> = "  svg .lb-" .. role[1], role[2]
    lines[i] = ('%s[fill]:not([fill="none"]) { fill: %s }\n%s[stroke]:not([stroke="none"]) '
      .. "{ stroke: %s }"):format(class, colour, class, colour)
  end
  return table.concat(lines, "\n")
end

local PAGE <const> = [[
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1f24; --muted: #565e67; --line: #8a929b; --hair: #d9dde2;
  --link: #0b5394; --tint: #f5f6f8; --alert: #9a3412; --alert-tint: #fdf3ec;
  --sans: "Liberation Sans", Arial, Helvetica, sans-serif;
  --serif: Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, "Liberation Serif", serif;
  --mono: "Liberation Mono", Menlo, Consolas, monospace;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #121417; --ink: #e6e8eb; --muted: #a9b1ba; --line: #7b848e; --hair: #30353b;
    --link: #8ab8f0; --tint: #1b1f23; --alert: #f4a98a; --alert-tint: #2a1d17;
  }
]]

local REST <const> = [[
}
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
body {
  margin: 0 auto; padding: 3rem 1.25rem 5rem; max-width: 58rem;
  background: var(--paper); color: var(--ink); font: 1.0625rem/1.6 var(--serif);
  overflow-wrap: break-word;
}
h1, h2, h3, h4 {
  font-family: var(--sans); line-height: 1.25; font-weight: 700; max-width: 44rem;
  text-wrap: balance;
}
h1 { font-size: 2rem; margin: 0 0 .5rem; letter-spacing: -.01em }
h2 {
  font-size: 1.375rem; margin: 3rem 0 .75rem; padding-top: 1rem;
  border-top: 1px solid var(--hair); max-width: none;
}
h3 { font-size: 1.0625rem; margin: 2rem 0 .5rem }
h4 { font-size: 1rem; margin: 1.5rem 0 .5rem; color: var(--muted) }
p, ol, li { max-width: 70ch }
p { margin: 0 0 1em }
ol { padding-left: 1.75rem }
a { color: var(--link); text-underline-offset: .15em }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
main:focus { outline: none }
.skip { position: absolute; left: -99rem; padding: .5rem 1rem; background: var(--paper) }
.skip:focus { left: 1rem; top: 1rem; z-index: 1 }
header { margin-bottom: 2.5rem }
.subtitle { font-size: 1.1875rem; color: var(--muted); margin: 0 0 .5rem }
.byline { font: .9375rem/1.5 var(--sans); color: var(--muted); margin: 0 }
nav {
  margin: 0 0 2.5rem; padding: 1rem 1.25rem; background: var(--tint);
  font: .9375rem/1.5 var(--sans);
}
nav ul { list-style: none; margin: 0; padding: 0 }
nav li { padding: .125rem 0 }
nav .level-3 { padding-left: 1.25rem }
nav .level-4 { padding-left: 2.5rem }
.nav-title { font-weight: 700; margin: 0 0 .25rem }
.note, .warning {
  padding: .625rem 1rem; border-left: 3px solid var(--line); background: var(--tint);
}
.warning { border-color: var(--alert); background: var(--alert-tint) }
.note strong, .warning strong { font: 700 .875rem/1.6 var(--sans) }
.warning strong { color: var(--alert) }
.table, figure { margin: 2rem 0; font-family: var(--sans); font-size: .875rem; line-height: 1.45 }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums lining-nums }
caption { text-align: left; padding: 0 0 .5rem }
caption span {
  display: block; position: sticky; left: 0; max-width: min(44rem, calc(100vw - 2.5rem));
  width: max-content;
}
thead { border-top: 2px solid var(--ink); border-bottom: 1px solid var(--ink) }
tbody:last-child { border-bottom: 2px solid var(--ink) }
th, td {
  --side: .75rem; padding: .3rem calc(var(--side) + var(--tail, 0ch)) .3rem var(--side);
  text-align: left; vertical-align: top;
}
th:first-child, td:first-child { padding-left: .25rem }
th:last-child, td:last-child { --side: .25rem; padding-left: .75rem }
th:only-child { padding-left: .25rem }
thead th, thead td { vertical-align: bottom; font-weight: 700 }
thead th[scope="colgroup"] { text-align: center; border-bottom: 1px solid var(--line) }
tbody th { font-weight: 400; min-width: 9rem }
tbody .heading th { font-weight: 700 }
tbody .heading > * { padding-top: .625rem }
tbody .total > * { font-weight: 700; border-top: 1px solid var(--ink) }
tbody tr + tr > * { border-top: 1px solid var(--hair) }
tbody tr.total > * { border-top-color: var(--ink) }
.num { text-align: right; white-space: nowrap; min-width: 0 }
thead .num { white-space: normal }
.unit { display: block; font-weight: 400; color: var(--muted) }
tbody .indent-1 { padding-left: 1.5rem } tbody .indent-2 { padding-left: 2.75rem }
tbody .indent-3 { padding-left: 4rem }
.table-note { margin: .5rem 0 0; color: var(--muted); font-size: .8125rem }
.table-note + .table-note { margin-top: .125rem }
figcaption { margin-top: .75rem; max-width: 44rem }
.drawing { width: calc(var(--width) * 1.25); max-width: 100%; min-width: min(var(--width), 32rem) }
.drawing svg { display: block; width: 100%; height: auto }
details { margin: .75rem 0; font-family: var(--sans); font-size: .875rem }
summary { cursor: pointer; color: var(--link); padding: .25rem 0 }
details .table { margin: .75rem 0 1.5rem }
code, pre { font-family: var(--mono); font-size: .8125rem }
td code { overflow-wrap: anywhere }
pre {
  margin: .5rem 0; padding: 1rem; max-height: 30rem; overflow: auto; background: var(--tint);
  line-height: 1.4;
}
@media (max-width: 40rem) {
  body { padding-top: 1.5rem }
  h1 { font-size: 1.5rem }
  h2 { font-size: 1.25rem; margin-top: 2.25rem }
}
@media print {
  @page { margin: 20mm 18mm }
  :root { color-scheme: light }
  body { padding: 0; max-width: none; font-size: 10.5pt; line-height: 1.45 }
  h1 { font-size: 18pt } h2 { font-size: 13pt; margin-top: 1.5em } h3 { font-size: 11pt }
  h1, h2, h3, h4 { break-after: avoid }
  p { orphans: 3; widows: 3 }
  .skip, details:not([open]) { display: none }
  .table, figure { font-size: 8.5pt; margin: 1.25em 0 }
  .table-note { font-size: 8pt }
  .scroll, pre { overflow: visible; max-height: none }
  pre {
    white-space: pre-wrap; overflow-wrap: anywhere; padding: 0; background: none; font-size: 7pt;
  }
  thead { display: table-header-group }
  tr, figure, .note, .warning, nav { break-inside: avoid }
  caption { break-after: avoid }
  caption span { position: static; max-width: none; width: auto }
  .drawing { width: var(--width); min-width: 0 }
  nav, .note, .warning { background: none; padding: 0 0 0 1em }
  nav { padding: 0 }
  th, td { --side: 5pt; padding-top: 2pt; padding-bottom: 2pt }
  code { font-size: 7pt }
  tbody th { min-width: 0 }
  a { color: inherit }
  a[href^="http"]::after { content: " (" attr(href) ")" }
}
]]

--- The whole style sheet.
---@type string
M.css = PAGE .. dark_figures() .. "\n" .. REST

return M
