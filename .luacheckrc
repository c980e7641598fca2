-- Settings of luacheck for Lua 5.4, no globals of our own; scripts run with `lb` only where they require it.
std = "lua54"
max_line_length = 100
files["lua/meta"] = { ignore = { "212", "211", "241" } }
files["tests/lua"] = { std = "+busted" }
files["tests/golden"] = { std = "+busted" }
exclude_files = { "tests/bench/peers", "tests/host/recipes" } -- those recipes are wrong on purpose
