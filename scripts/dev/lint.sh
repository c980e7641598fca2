#!/bin/sh
# Layers and sizes, formatting, clang-tidy, cppcheck, luacheck: FLAGS="..." sh scripts/dev/lint.sh
status=0
step() {
  echo "-- $1"
  shift
  "$@" || status=1
}
step "layers and sizes" lua5.4 scripts/dev/layers.lua
step "clang-format" sh -c "find src tests -name '*.[ch]' -not -path 'tests/bench/*' | xargs clang-format --dry-run -Werror"
step "cppcheck" cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
  --suppress=missingIncludeSystem --error-exitcode=1 -j 2 -Isrc src
checks='-*,bugprone-*,clang-analyzer-*,misc-redundant-expression,misc-unused-parameters,readability-misleading-indentation'
checks="$checks,-bugprone-easily-swappable-parameters,-bugprone-narrowing-conversions,-bugprone-reserved-identifier"
checks="$checks,-bugprone-implicit-widening-of-multiplication-result,-bugprone-branch-clone"
checks="$checks,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling,-bugprone-assignment-in-if-condition"
tidy=$(echo "$FLAGS" | sed 's/-fopenmp//; s/-Werror//')
step "clang-tidy" sh -c "find src -name '*.c' | xargs -P 2 -n 8 clang-tidy --quiet --checks='$checks' --warnings-as-errors='*' \$1 \
  -- $tidy -Wno-unknown-pragmas 2>/dev/null"
step "luacheck" luacheck --quiet lua scripts tests .luacheckrc
[ $status -eq 0 ] && echo "lint: clean"
exit $status
