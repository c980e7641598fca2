#!/bin/sh
# Runs the tests of a finished build: sh scripts/dev/test.sh C_TEST... Ends with "N passed, N failed[, N skipped]".
# Every runner prints TAP; a runner that dies without a "not ok" line counts as one failure.
BUILD=${BUILD:-build}
out=$BUILD/test-output
rm -rf "$out"
mkdir -p "$out"
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 LSAN_OPTIONS=print_suppressions=0:suppressions=$PWD/scripts/dev/lsan.supp
export OMP_WAIT_POLICY=passive LOBULE_PROGRAM="$PWD/$BUILD/lobule" BUILD
passed=0 failed=0 skipped=0

run() { # run NAME COMMAND...
  name=$1
  shift
  file=$out/$(echo "$name" | tr '/ ' '__').tap
  "$@" >"$file" 2>&1
  status=$?
  p=$(grep -c '^ok' "$file")
  s=$(grep -ci '^\(not \)\?ok.*# *skip' "$file") # cmocka writes "not ok N # SKIP"
  f=$(grep '^not ok' "$file" | grep -vci '# *skip')
  p=$((p + $(grep '^not ok' "$file" | grep -ci '# *skip')))
  if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
  if [ "$p" -eq 0 ] && [ "$f" -eq 0 ]; then f=1; echo "$name: no test ran" >>"$file"; fi
  passed=$((passed + p - s)) failed=$((failed + f)) skipped=$((skipped + s))
  if [ "$f" -gt 0 ]; then
    echo "FAILED  $name (status $status)"
    grep -v '^ok' "$file" | head -n 60 | sed 's/^/    /'
  else
    echo "passed  $name ($((p - s)))"
    grep -i 'ok.*# *skip' "$file" | sed 's/^/    /'
  fi
}

for t in "$@"; do
  CMOCKA_MESSAGE_OUTPUT=TAP run "${t#"$BUILD"/}" "$t"
done
for t in "$BUILD"/tests/fuzz/fuzz_*; do
  case "$t" in *.o | *.d) continue ;; esac
  [ -x "$t" ] || continue
  area=${t##*/fuzz_}
  run "corpus $area" "$t" tests/fuzz/corpus/"$area"
done
for spec in tests/lua/*_spec.lua tests/golden/*_spec.lua; do
  [ -e "$spec" ] || continue
  run "$spec" "$BUILD/lobule" /usr/bin/busted -o TAP "$spec"
done
run "command line" sh tests/host/run.sh
run "recipes and verify" sh tests/host/recipes.sh
run "sandbox" env SAN="$SAN" sh tests/host/sandbox.sh
[ -n "$SAN" ] && STARTS=20 && export STARTS
run "files in trouble" sh tests/host/files.sh
run "recipe tools" sh tests/host/recipe_tools.sh
run "install" sh tests/host/install.sh
run "report bytes" sh tests/host/bytes.sh
run "allocation failures" env FAILURE_STRIDE="${SAN:+97}" "$BUILD/lobule" tests/host/failures.lua
[ -z "$SAN" ] && run "reports in a browser" sh tests/browser/run.sh
if [ -z "$SAN" ]; then # a sanitized module cannot be loaded into an unsanitized interpreter
  run "stock lua5.4" env LUA_CPATH="$BUILD/module/?.so;;" LUA_PATH="lua/?.lua;lua/?/init.lua;;" lua5.4 tests/bind/test_smoke.lua
fi
tail=
[ "$skipped" -gt 0 ] && tail=", $skipped skipped"
echo "$passed $failed $skipped" >"$BUILD/test-counts"
echo "$passed passed, $failed failed$tail"
[ "$failed" -eq 0 ]
