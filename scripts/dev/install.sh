#!/bin/sh
# Puts a finished build in place, or takes it away: sh scripts/dev/install.sh install|uninstall
# Honours BUILD, PREFIX and DESTDIR. What was installed is listed in share/lobule/files, so that
# uninstall (and the next install) removes exactly that.
BUILD=${BUILD:-build} PREFIX=${PREFIX:-/usr/local}
case $PREFIX in /*) ;; *) echo "PREFIX must begin with /: $PREFIX" >&2; exit 2 ;; esac
root=$DESTDIR$PREFIX
list=share/lobule/files

take_away() {
  [ -f "$root/$list" ] || return 0
  while IFS= read -r file; do
    case $file in ''|/*|*..*) continue ;; esac
    rm -f "$root/$file"
  done <"$root/$list"
  rm -f "$root/$list"
  for folder in lib/lua/5.4/lobule share/lua/5.4/lobule share/lobule; do
    [ -d "$root/$folder" ] && find "$root/$folder" -depth -type d -empty -delete
  done
  return 0
}

# put MODE SOURCE FILE: one file below the prefix, noted in the list.
put() {
  install -D -m "$1" "$2" "$root/$3" && echo "$3" >>"$made/list"
}

put_lua() { # put_lua FOLDER TARGET: the Lua files of lua/FOLDER, and the recipes''' example data
  find "lua/$1" -name '*.lua' -o -path '*/recipes/*.csv' | LC_ALL=C sort >"$made/sources"
  while IFS= read -r file; do
    put 644 "$file" "$2/${file#lua/}" || return 1
  done <"$made/sources"
}

put_all() {
  "$BUILD/lobule" __man >"$made/lobule.1" &&
    "$BUILD/lobule" __complete bash >"$made/bash" &&
    "$BUILD/lobule" __complete zsh >"$made/zsh" &&
    put 755 "$BUILD/lobule" bin/lobule &&
    put 644 "$BUILD/module/lobule/core.so" lib/lua/5.4/lobule/core.so &&
    put_lua lobule share/lua/5.4 &&
    put_lua meta share/lobule &&
    put 644 "$BUILD/meta/lobule.lua" share/lobule/meta/lobule.lua &&
    put 644 "$made/lobule.1" share/man/man1/lobule.1 &&
    put 644 "$made/bash" share/bash-completion/completions/lobule &&
    put 644 "$made/zsh" share/zsh/site-functions/_lobule
}

case $1 in
  install)
    unset LOBULE_LUA
    made=$(mktemp -d) || exit 1
    trap 'rm -rf "$made"' EXIT
    take_away
    put_all
    status=$?
    # Also after a failure, so that uninstall finds what is there already.
    [ ! -s "$made/list" ] || install -D -m 644 "$made/list" "$root/$list" || status=1
    exit $status ;;
  uninstall) take_away ;;
  *) echo "usage: install.sh install|uninstall" >&2; exit 2 ;;
esac
