#!/bin/sh
# Layers and sizes, formatting, clang-tidy, cppcheck, luacheck: sh scripts/dev/lint.sh
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
step "clang-tidy" sh -c "find src -name '*.c' | xargs -P 2 -n 8 sh scripts/dev/tidy.sh"
step "luacheck" luacheck --quiet lua scripts tests
[ $status -eq 0 ] && echo "lint: clean"
exit $status
