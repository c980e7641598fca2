#!/bin/sh
# The command line from outside: exit statuses, options, errors, Ctrl-C. Prints TAP; run from the top
# folder with LOBULE_PROGRAM naming the program.
. tests/host/tap.sh
cd "$folder" || exit 1

check "version" 0 '^lobule [0-9]+\.[0-9]+\.[0-9]+ +Lua 5\.4' --version
check "-v" 0 '^lobule ' -v
check "usage" 0 '^usage: lobule' --help
check "unknown option" 2 "unknown option '-x'" -x
check "unknown long option" 2 'usage: lobule' --frobnicate
check "-e without a value" 2 "a value is missing after '-e'" -e
check "threads" 0 '^3$' --threads 3 -e 'print(require("lobule.core").threads())'
check "threads, joined" 0 '^2$' --threads=2 -e 'print(require("lobule.core").threads())'
check "threads, no number" 2 'from 1 to 1024' --threads many
printf 'id;x\n1;2,5\n1;3,5\n2;4,5\n' >peeked.csv
check "peek" 0 '`id` not unique: 1 twice' peek peeked.csv
check "peek, the call" 0 'id = "id", decimal = ","' peek peeked.csv
check "peek, an option" 0 'separator bar' peek peeked.csv '--separator=|'
check "peek, no file" 1 'no file named' peek
check "peek, no such file" 1 "no file 'missing.csv'" peek missing.csv
check "peek, no option" 1 'Options are written --name=value' peek peeked.csv decimal
check "no such file" 1 '^lobule: cannot open missing\.lua' missing.lua
check "-e" 0 '^42$' -e 'print(6 * 7)'
check "-e joined" 0 '^42$' '-eprint(6 * 7)'
check "-e shares names" 0 '^5$' -e 'x = 5' -e 'print(x)'
check "-e fails" 1 'command line\):1: oh' -e 'error "oh"'
check "-e stops at the first error" 1 '^[^2]*$' -e 'error "oh"' -e 'print(2)'
check "-e does not compile" 1 'unexpected symbol|syntax error' -e 'x = = 1'
export LOBULE_THREADS=many
check "a count of threads that is none is said" 0 'LOBULE_THREADS is no number from 1 to 1024: using [0-9]+ thread' -e 'x = 1'
unset LOBULE_THREADS
check "-l" 0 '^table$' -l string -e 'print(type(string))'
check "-l core" 0 '^table$' -l lobule.core -e 'print(type(require "lobule.core"))'
check "-l fails" 1 "module 'nowhere' not found" -l nowhere

echo 'print("from stdin", ...)' >script_in
input=script_in
check "- reads standard input" 0 '^from stdin.a.b$' - a b
check "standard input without a terminal" 0 '^from stdin$'
printf 'x = 3\nx\n"a"\nerror "oh"\nx + 1\nfor i = 1, 2 do\nprint("line", i)\nend\n' >script_in
echo 'rawget(_ENV, "y")' >>script_in
check "-i continues after an error" 0 '^4$' -i
check "-i takes an entry of many lines" 0 '^line.2$' -i
check "-e then -i" 0 '^7$' -e 'y = 7' -i
input=/dev/null

write args.lua <<'LUA'
#!/usr/bin/env lobule
print(#arg, arg[0], arg[1], arg[2], ...)
LUA
check "arguments and first line" 0 '^2.args\.lua.one.two words.one.two words$' args.lua one "two words"
check "-- ends the options" 0 '^1.args\.lua.-x.nil.-x$' -- args.lua -x
mkdir sub && cp args.lua sub/run
check "a file named like a command" 0 '^0.sub/run' sub/run
check "exit status of the script" 7 '' -e 'os.exit(7)'

write strict.lua <<'LUA'
treatment = "SIRT"
print(rawget(_G, "treatment"), treatment)
local function read() return treatmnt end
read()
LUA
check "strict: undefined name" 1 "^strict\.lua:3: undefined name 'treatmnt' \(did you mean 'treatment'\?\)$" strict.lua
check "strict: globals stay the script's" 1 '^nil.SIRT$' strict.lua
check "no-strict" 0 '^nil$' --no-strict -e 'print(treatmnt)'
write helper.lua <<'LUA'
return { found = undefined_in_a_module == nil }
LUA
check "strict is the script's alone" 0 '^true$' -e 'package.path = "./?.lua" print(require("helper").found)'

write chain.lua <<'LUA'
local core = require "lobule.core"
local source = [[
local core = ...
local C = {}
function C:step(x)
  if x == "bad" then core.raise("argument", "the step is bad", "Mend it.") end
  return self
end
function C:tail(x) return C.step(self, x) end
return core.class("cohort", C)
]]
local C = assert(load(source, "@lobule/pretend.lua"))(core)
local cohort = setmetatable({}, C)
local what = ...
if what == "chain" then
  local kept = cohort
    :step "good"
    :step("good")
    :step {
      "good"
    }
    :step "bad"
    :step "good"
elseif what == "tail" then
  local kept = cohort
    :step "good"
    :tail "bad"
elseif what == "member" then
  local kept = cohort
    :step "good"
    :stpe "good"
elseif what == "pcall" then
  local ok, err = pcall(cohort.step, cohort, "bad")
  print(ok, err.code, err.message, err.context)
  print("concat: " .. err)
elseif what == "plain" then
  local function inner() local t = nil; return t.x end
  inner()
  print "never"
elseif what == "type" then
  core.frame { { "x", { 1, 2, "three" } } }
elseif what == "return" then
  local function analyse()
    return cohort
      :step "good"
      :step "bad"
  end
  print(pcall(analyse))
  analyse()
end
LUA
check "line in a chain" 1 '^chain\.lua:22: cohort:step: the step is bad$' chain.lua chain
check "context below" 1 '^Mend it\.$' chain.lua chain
check "line after a tail call" 1 '^chain\.lua:27: cohort:tail: the step is bad$' chain.lua tail
check "unknown method" 1 "^chain\.lua:31: cohort has no method or field 'stpe' \(did you mean 'step'\?\)$" chain.lua member
check "fields of an error" 0 '^false.argument.cohort:step: the step is bad.Mend it\.$' chain.lua pcall
check "an error joins text" 0 '^concat: chain\.lua:33: cohort:step' chain.lua pcall
check "traceback of a plain error" 1 "^  chain\.lua:37: in local 'inner'$" chain.lua plain
check "traceback shows the main chunk" 1 '^  chain\.lua:38: in the main chunk$' chain.lua plain
check "the source line of an error" 1 '^  :stpe "good"$' chain.lua member
check "a caret below it" 1 '^   \^\^\^\^$' chain.lua member
echo 'local x = = 1' >syntax.lua
check "the source line of a syntax error" 1 '^            \^$' syntax.lua
check "colour when asked for" 1 "$(printf '^\033\\[31msyntax.lua:1')" --color=always syntax.lua
check "colour, no such word" 2 'auto, always or never' --color=red syntax.lua
check "a row of the wrong type" 1 "^chain\.lua:41: core\.frame: column 'x': row 3 is text, expected a" chain.lua type
check "line of a chain that is returned" 1 '^chain\.lua:46: cohort:step: the step is bad$' chain.lua return
check "the same under pcall" 1 '^false.chain\.lua:46: cohort:step: the step is bad$' chain.lua return
out=$("$program" chain.lua plain 2>&1)
case $out in *lobule/*|*'[C]'*) result "no frames of ours" bad "$out" ;; *) result "no frames of ours" ok ;; esac
out=$("$program" chain.lua chain 2>/dev/null)
if [ -z "$out" ]; then result "errors go to stderr" ok; else result "errors go to stderr" bad "$out"; fi

write host.lua <<'LUA'
local host = require "lobule.host"
print(host.script, host.interactive, #host.files() > 0, #host.command, host.source("meta/core.lua") ~= nil)
LUA
check "lobule.host" 0 '^host\.lua.false.true.2.true$' host.lua x
mkdir -p lua/lobule
echo 'local core = require "lobule.core" return { f = function() core.raise("data", "from disk") end }' >lua/lobule/disk.lua
LOBULE_LUA=$folder/lua
export LOBULE_LUA
check "LOBULE_LUA comes first" 1 '^\(command line\):1: from disk$' -e 'require("lobule.disk").f()'
unset LOBULE_LUA

# Ctrl-C. interrupt NAME PATTERN DELAY FILE: sends SIGINT once the script has said that it is ready.
mkfifo ready
interrupt() {
  "$program" "$4" >out 2>&1 3>ready &
  child=$!
  read -r _ <ready
  sleep "$3"
  kill -INT "$child"
  wait "$child"
  status=$?
  if [ "$status" -eq 130 ] && grep -Eq -e "$2" out && ! grep -q survived out; then
    result "$1" ok
  else
    result "$1" bad "status $status; output: $(cat out)"
  fi
}
ready='local f = io.open("/dev/fd/3", "w") f:write("ready\n") f:close()'
write loop.lua <<LUA
$ready
while true do end
LUA
interrupt "Ctrl-C: a plain loop" '^interrupted after [0-9.]+ s( in |$)' 0 loop.lua
write coroutine.lua <<LUA
local co = coroutine.wrap(function() coroutine.yield() while true do end end)
co()
$ready
co()
print "survived"
LUA
interrupt "Ctrl-C: a loop in a coroutine" '^interrupted after [0-9.]+ s( in |$)' 0 coroutine.lua
write resume.lua <<LUA
local inner = coroutine.create(function() while true do end end)
local outer = coroutine.create(function() coroutine.resume(inner) while true do end end)
$ready
coroutine.resume(outer)
while true do end
LUA
interrupt "Ctrl-C: nested coroutines" '^interrupted after [0-9.]+ s( in |$)' 0 resume.lua
write pcall.lua <<LUA
$ready
while true do pcall(function() while true do end end) end
print "survived"
LUA
interrupt "Ctrl-C: pcall does not swallow it" '^interrupted after [0-9.]+ s( in |$)' 0 pcall.lua
write close.lua <<LUA
local co = coroutine.create(function()
  local forever <close> = setmetatable({}, { __close = function() while true do end end })
  coroutine.yield()
end)
coroutine.resume(co)
$ready
coroutine.close(co)
print "survived"
LUA
interrupt "Ctrl-C: a loop in a closing variable" '^interrupted after [0-9.]+ s( in |$)' 0 close.lua
write cox.lua <<LUA
local core = require "lobule.core"
local n, list, seed = 200000, {}, 7
local function random() seed = seed * 1103515245 + 12345 & 0x7fffffff return seed / 0x7fffffff end
for _, name in ipairs { "time", "a", "b", "c", "d", "e" } do
  local values = {}
  for i = 1, n do values[i] = random() + 0.01 end
  list[#list + 1] = { name, values, "real" }
end
local event = {}
for i = 1, n do event[i] = random() < 0.5 end
list[#list + 1] = { "event", event }
local model = core.model("Surv(time, event) ~ a * b * c * d * e", core.frame(list), "design")
$ready
for i = 1, 1000 do core.cox(model, "efron", 30, 1e-12) end
print "survived"
LUA
interrupt "Ctrl-C: a long computation in C" '^interrupted after [0-9.]+ s( in |$)' 0.3 cox.lua

# What cannot be stopped: the second Ctrl-C says so, the third ends the program.
write stuck.lua <<LUA
$ready
local s = ("a"):rep(34)
s:find(("a-"):rep(16) .. "b")
print "survived"
LUA
"$program" stuck.lua >out 2>&1 3>ready &
child=$!
read -r _ <ready
for press in 1 2 3; do
  sleep 0.2
  kill -INT "$child"
done
wait "$child"
status=$?
if [ "$status" -eq 130 ] && grep -q 'cannot be stopped; once more ends the program' out; then
  result "Ctrl-C three times" ok
else
  result "Ctrl-C three times" bad "status $status; output: $(cat out)"
fi

write swallow.lua <<'LUA'
local core = require "lobule.core"
local function hoard()
  core.fail_after(0)
  local t = {}
  for i = 1, 100000 do t[i] = { i } end
end
local ok = pcall(hoard)
core.fail_after(-1)
print(ok)
LUA
check "memory that runs out" 0 '^false$' swallow.lua

# No bar where stderr is no terminal.
out=$("$program" -e 'require("lobule.host").progress_test(1.3) print "finished"' 2>&1)
if [ "$out" = finished ]; then result "no bar without a terminal" ok; else result "no bar without a terminal" bad "$out"; fi

# on_terminal FILE LAST: the results of an expect script, the last of them named.
on_terminal() {
  expect "$here/$1" >terminal.out 2>&1
  while read -r line; do
    case $line in
      "ok "*) result "${line#ok }" ok ;;
      "not ok "*) result "${line#not ok }" bad "$(tail -n 30 terminal.out)" ;;
    esac
  done <terminal.out
  grep -q "ok $2" terminal.out || result "$1 ran to the end" bad "$(tail -n 30 terminal.out)"
}
if command -v expect >/dev/null; then
  on_terminal prompt.exp "prompt: leaves with Ctrl-D, plain"
  on_terminal session.exp "session: end of session"
  on_terminal interrupt.exp "interrupt: end of interrupt"
  on_terminal screen.exp "screen: end of screen"
  on_terminal progress.exp "bar: leaves with 130"
else
  result "prompt and bar # SKIP without expect" ok
fi

finish
