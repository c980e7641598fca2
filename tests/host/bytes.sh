#!/bin/sh
# The same report bytes with 1 and 2 threads, on a second run and from another folder; 300 starts without a crash. TAP.
program=$(cd "$(dirname "$LOBULE_PROGRAM")" && pwd)/lobule
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0 bad=0
check() { # check NAME STATUS
  n=$((n + 1))
  if [ "$2" -eq 0 ]; then echo "ok $n - $1"; else
    echo "not ok $n - $1"
    bad=1
  fi
}
for script in pbc_survival net_embolization; do
  for run in one two again; do mkdir -p "$work/$run/out"; done
  mkdir -p "$work/elsewhere/out"
  "$program" --threads 1 scripts/$script.lua "$work/one/out" >"$work/one/$script.log" 2>&1
  check "$script runs" $?
  "$program" --threads 2 scripts/$script.lua "$work/two/out" >"$work/two/$script.log" 2>&1
  LOBULE_THREADS=2 "$program" scripts/$script.lua "$work/again/out" >"$work/again/$script.log" 2>&1
  (cd "$work/elsewhere" && "$program" "$root/scripts/$script.lua" out) >"$work/$script.log" 2>&1
  for ending in html md json; do
    for run in two again elsewhere; do
      cmp "$work/one/out/$script.$ending" "$work/$run/out/$script.$ending" >/dev/null 2>&1
      check "$script.$ending: the same bytes ($run)" $?
    done
  done
  ! grep -q "$work\|$root" "$work/one/out/$script".*
  check "$script: no absolute path" $?
done
crashed=0
i=0
while [ $i -lt "${STARTS:-300}" ]; do
  "$program" -e 'local x = lb.survival.km("Surv(t, e) ~ 1", lb.frame { { "t", { 1.0, 2.0 } }, { "e", { 1, 0 } } })' >/dev/null 2>&1 || crashed=1
  i=$((i + 1))
done
check "$i starts and exits without a crash" $crashed
exit $bad
