-- The reference page of the expression language: build/lobule scripts/dev/reference.lua > page.md
io.stdout:write(require("lobule.help_reference").markdown(), "\n")
