#!/bin/sh
# clang-tidy over some files: sh scripts/dev/tidy.sh FILE... A finding is an error.
checks='-*,bugprone-*,clang-analyzer-*,misc-redundant-expression,misc-unused-parameters'
checks="$checks,readability-misleading-indentation,-bugprone-easily-swappable-parameters"
checks="$checks,-bugprone-narrowing-conversions,-bugprone-reserved-identifier,-bugprone-branch-clone"
checks="$checks,-bugprone-implicit-widening-of-multiplication-result"
checks="$checks,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling"
# clang-tidy 14 does not see va_start; arrays of pointers are sized by their element everywhere here.
checks="$checks,-clang-analyzer-valist.Uninitialized,-bugprone-sizeof-expression,-bugprone-not-null-terminated-result,-clang-analyzer-optin.performance.Padding"
exec clang-tidy --quiet --checks="$checks" --warnings-as-errors='*' "$@" -- -std=c11 -D_GNU_SOURCE \
  '-DLOBULE_VERSION="0"' -Isrc $(pkg-config --cflags lua5.4 gsl libcjson) -Wno-unknown-pragmas 2>/dev/null
