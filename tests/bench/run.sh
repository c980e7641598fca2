#!/bin/sh
# make bench: our scripts in this folder against the peers, results in $BUILD/bench. BUILD=build sh tests/bench/run.sh
BUILD=${BUILD:-build}
LOBULE_BENCH_WORK=${LOBULE_BENCH_WORK:-$PWD/$BUILD/bench}
LOBULE_SCRIPTS=$PWD/tests/bench
NODE_PATH=$PWD/$BUILD/peers/node_modules${NODE_PATH:+:$NODE_PATH}
export LOBULE_BENCH_WORK LOBULE_SCRIPTS NODE_PATH
mkdir -p "$LOBULE_BENCH_WORK/data"
cp tests/bench/lung.csv "$LOBULE_BENCH_WORK/data/lung.csv"
sh tests/bench/compare.sh "$BUILD/lobule" "$@"
status=$?
out=$LOBULE_BENCH_WORK/out
if [ -s "$out/compare.json" ]; then
  "$BUILD/lobule" tests/bench/draw.lua "$out" || status=1
  echo "report and figures: $out/bench.md, times.svg, ratios.svg, memory.svg" >&2
fi
exit $status
