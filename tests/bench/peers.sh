#!/bin/sh
# Installs the programs that `make bench` compares with: BUILD=build sh tests/bench/peers.sh [all]
# Debian packages, and npm packages into $BUILD/peers. Nothing here is needed to build or to test.
# `all` adds the peers of tasks that need rarer packages.
packages="r-base-core r-cran-data.table r-cran-survival r-cran-collapse r-cran-prodlim nodejs npm"
[ "$1" = all ] && packages="$packages r-cran-cmprsk r-cran-boot r-cran-coin r-cran-matchit r-cran-metafor
  r-cran-mice r-cran-rpact r-cran-readr r-cran-dplyr python3-pandas python3-statsmodels python3-scipy"
missing=
for package in $packages; do
  case $package in # these may have come from elsewhere
  nodejs) command -v node >/dev/null 2>&1 && continue ;;
  npm) command -v npm >/dev/null 2>&1 && continue ;;
  esac
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
done
if [ -n "$missing" ]; then
  install="apt-get install -y --no-install-recommends$missing"
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "These packages are missing. Please run, then try again:" >&2
    echo "  sudo $install" >&2
    exit 1
  fi
  echo "installing:$missing"
  # shellcheck disable=SC2086
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive $install -qq >/dev/null || exit 1
fi
# Polars' native part is a package of its own for each kind of processor; npm does not always fetch it.
duckdb=1.5.6-r.1 polars=0.26.1
case "$(uname -m)" in aarch64 | arm64) cpu=arm64 ;; *) cpu=x64 ;; esac
mkdir -p "${BUILD:-build}/peers" && cd "${BUILD:-build}/peers" || exit 1
npm install --prefix . --no-audit --no-fund --no-save "@duckdb/node-api@$duckdb" \
  "nodejs-polars@$polars" "nodejs-polars-linux-$cpu-gnu@$polars" || exit 1
NODE_PATH=$PWD/node_modules node -e '
  const polars = require("nodejs-polars"), duckdb = require("@duckdb/node-api");
  if (polars.DataFrame({ a: [1, 2] }).height !== 2) throw new Error("Polars does not work");
  console.log("DuckDB " + duckdb.version() + " and Polars are ready")'
