#!/bin/sh
# Builds each fuzz target with libFuzzer and the sanitizers and runs it: BUILD=build SECONDS_EACH=60 sh scripts/dev/fuzz.sh CORE_SOURCES...
BUILD=${BUILD:-build}/fuzz
mkdir -p "$BUILD"
status=0
for target in tests/fuzz/fuzz_*.c; do
  area=$(basename "$target" .c | sed 's/^fuzz_//')
  clang -std=c11 -D_GNU_SOURCE -O1 -g -fsanitize=fuzzer,address,undefined -ffp-contract=off -Isrc -Itests/support \
    $(pkg-config --cflags gsl libcjson) -o "$BUILD/fuzz_$area" "$target" "$@" -lgsl -lgslcblas -lcjson -lm -lgomp || exit 1
  mkdir -p "$BUILD/corpus/$area"
  "$BUILD/fuzz_$area" -max_total_time="${SECONDS_EACH:-60}" -rss_limit_mb=4096 -print_final_stats=1 \
    -artifact_prefix="$BUILD/$area-" "$BUILD/corpus/$area" "tests/fuzz/corpus/$area" || status=1
done
exit $status
