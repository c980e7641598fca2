#!/bin/sh
# Builds each fuzz target with libFuzzer and the sanitizers and runs it: BUILD=build SECONDS_EACH=60 sh scripts/dev/fuzz.sh CORE_SOURCES...
BUILD=${BUILD:-build}/fuzz
mkdir -p "$BUILD"
status=0
for target in tests/fuzz/fuzz_*.c; do
  area=$(basename "$target" .c | sed 's/^fuzz_//')
  more= leaks=1
  if [ "$area" = report ]; then # its writer is Lua, which frees when it likes; the target counts itself
    more="$(pkg-config --cflags lua5.4) $(echo src/bind/*.c) -l:liblua5.4.a" leaks=0
  fi
  clang -std=c11 -D_GNU_SOURCE -O1 -g -fsanitize=fuzzer,address,undefined -ffp-contract=off -Isrc -Itests/support \
    $(pkg-config --cflags gsl libcjson) -o "$BUILD/fuzz_$area" "$target" "$@" $more -lgsl -lgslcblas -lcjson -lm -ldl -lgomp || exit 1
  mkdir -p "$BUILD/corpus/$area"
  "$BUILD/fuzz_$area" -max_total_time="${SECONDS_EACH:-60}" -rss_limit_mb=4096 -detect_leaks=$leaks -print_final_stats=1 \
    -artifact_prefix="$BUILD/$area-" "$BUILD/corpus/$area" "tests/fuzz/corpus/$area" || status=1
done
exit $status
