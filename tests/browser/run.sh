#!/bin/sh
# The demo reports in a real browser, where Chromium and Node are installed. Prints TAP. BUILD=build sh tests/browser/run.sh
for program in chromium node; do
  if ! command -v $program >/dev/null 2>&1; then
    echo "ok 1 - reports in a browser # SKIP $program is not installed"
    exit 0
  fi
done
BUILD=${BUILD:-build}
out=$BUILD/test-output/reports
mkdir -p "$out"
for script in net_embolization pbc_survival; do
  "$BUILD/lobule" scripts/$script.lua "$out" >"$out/$script.log" 2>&1 || { echo "not ok - scripts/$script.lua"; cat "$out/$script.log"; exit 1; }
done
axe=build/npm/node_modules/axe-core/axe.min.js
if [ ! -e $axe ] && [ -n "$CI" ] && command -v npm >/dev/null 2>&1; then
  npm install --silent --no-save --prefix build/npm axe-core@4 >/dev/null 2>&1
fi
[ -e $axe ] || axe=-
exec node tests/browser/report.mjs $axe "$out"/net_embolization.html "$out"/pbc_survival.html
