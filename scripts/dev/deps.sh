#!/bin/sh
# Installs the Debian packages that a job needs and that are missing: sh scripts/dev/deps.sh build|ci
# `build` is what building and `make test` need; `ci` adds the linters and the large programs of some tests.
build="gcc make pkg-config libc6-dev liblua5.4-dev lua5.4 libgsl-dev libcjson-dev zlib1g-dev libcmocka-dev lua-busted expect libzip-dev libexpat1-dev libreadstat-dev libsqlite3-dev libseccomp-dev libzip4 libexpat1 libreadstat1 libsqlite3-0 libseccomp2"
ci="$build clang clang-format clang-tidy cppcheck lua-check chromium librsvg2-bin libreadline8 fonts-liberation git nodejs locales librsvg2-2 libcairo2 libreoffice-writer-nogui poppler-utils unzip zsh libomp-dev libclang-rt-14-dev openssh-client"
case "$1" in
  build) want=$build ;;
  ci) want=$ci ;;
  *) echo "usage: deps.sh build|ci" >&2; exit 2 ;;
esac
if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "not a Debian system: the equivalents of these packages are needed: $want" >&2
  exit 0
fi
missing=
for package in $want; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)
  [ "$state" = installed ] || missing="$missing $package"
done
comma_locale() { # one test prints numbers under a locale with a decimal comma
  [ "$1" = ci ] || return 0
  locale -a 2>/dev/null | grep -qi '^de_DE.utf' || localedef -i de_DE -f UTF-8 de_DE.UTF-8 2>/dev/null || true
}
[ -z "$missing" ] && comma_locale "$1" && exit 0
install="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" -ne 0 ]; then
  echo "These packages are missing. Please run, then try again:" >&2
  echo "  sudo $install" >&2
  exit 1
fi
echo "installing:$missing"
apt-get update -qq && DEBIAN_FRONTEND=noninteractive $install -qq >/dev/null && comma_locale "$1"
