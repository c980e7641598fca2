#!/bin/sh
# make bench: our scripts in this folder against the peers, results in $BUILD/bench. BUILD=build sh tests/bench/run.sh
LOBULE_BENCH_WORK=${LOBULE_BENCH_WORK:-$PWD/${BUILD:-build}/bench}
LOBULE_SCRIPTS=$PWD/tests/bench
export LOBULE_BENCH_WORK LOBULE_SCRIPTS
mkdir -p "$LOBULE_BENCH_WORK/data"
cp tests/bench/lung.csv "$LOBULE_BENCH_WORK/data/lung.csv"
exec sh tests/bench/compare.sh "${BUILD:-build}/lobule" "$@"
