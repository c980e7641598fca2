#!/bin/sh
# Installs into a folder of its own and uses what is there: the program, stock Lua, the manual page,
# the completions; then removes it. Prints TAP; run from the top folder with BUILD naming the build.
BUILD=${BUILD:-build}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
prefix=/opt/lobule here=$PWD
at=$root$prefix
unset LOBULE_LUA LUA_PATH LUA_CPATH LUA_INIT
n=0 failed=0

result() { # result NAME ok|bad [DETAIL]
  n=$((n + 1))
  if [ "$2" = ok ]; then
    echo "ok $n - $1"
  else
    failed=$((failed + 1))
    echo "not ok $n - $1"
    [ -n "$3" ] && echo "$3" | sed 's/^/#   /'
  fi
}
same() { # same NAME GOT WANTED
  if [ "$2" = "$3" ]; then result "$1" ok; else result "$1" bad "got: $2"; fi
}
holds() { # holds NAME TEXT PATTERN
  if printf '%s\n' "$2" | grep -Eq -e "$3"; then result "$1" ok; else result "$1" bad "got: $2"; fi
}
skip() {
  n=$((n + 1))
  echo "ok $n - $1 # SKIP $2"
}
house() { BUILD=$BUILD DESTDIR=$root PREFIX=$prefix sh scripts/dev/install.sh "$1" 2>&1; }

mkdir -p "$at/share/lua/5.4/other" "$at/bin"
echo 'return 1' >"$at/share/lua/5.4/other/init.lua"
echo mine >"$at/bin/lobule-mine"
(cd "$root" && find . -type f | sort) >"$root.before"
out=$(house install)
same "installs silently" "$out" ""

missing=
for file in bin/lobule lib/lua/5.4/lobule/core.so share/lua/5.4/lobule/init.lua \
  share/lua/5.4/lobule/report/init.lua share/lobule/meta/core.lua share/man/man1/lobule.1 \
  share/bash-completion/completions/lobule share/zsh/site-functions/_lobule; do
  [ -s "$at/$file" ] || missing="$missing $file"
done
same "everything is there" "$missing" ""
same "every Lua file" "$(cd "$at/share/lua/5.4" && find lobule -name '*.lua' | sort)" \
  "$(cd lua && find lobule -name '*.lua' | sort)"

cat >"$root/script.lua" <<'LUA'
local lb = require "lobule"
local c = lb.cohort("table.csv", { id = "id" })
print(#tostring(lb.survival.km("Surv(t, e) ~ 1", c)) > 100, require("lobule.core").version)
print((require("lobule.help").text("survival.km")):match "^[%w.]+")
LUA
cd "$root" || exit 1
printf 'id,t,e\na,1,1\nb,2,1\nc,3,0\nd,4,1\n' >table.csv
want=$(printf 'true\t%s\nlb.survival.km' "$("$at/bin/lobule" --version | cut -d' ' -f2)")
same "the installed program" "$("$at/bin/lobule" script.lua 2>&1)" "$want"
if [ -n "$SAN" ]; then
  : # a sanitized module cannot be loaded into an unsanitized interpreter
elif command -v lua5.4 >/dev/null; then
  same "stock Lua" "$(LUA_PATH="$at/share/lua/5.4/?.lua;$at/share/lua/5.4/?/init.lua" \
    LUA_CPATH="$at/lib/lua/5.4/?.so" lua5.4 script.lua 2>&1)" "$want"
else
  skip "stock Lua" "without lua5.4"
fi
# The folders of PREFIX=/usr/local are those where stock Lua looks by itself.
if command -v lua5.4 >/dev/null; then
  holds "stock Lua looks in /usr/local" "$(lua5.4 -e 'print(package.path, package.cpath)')" \
    '/usr/local/share/lua/5\.4/\?\.lua.*/usr/local/share/lua/5\.4/\?/init\.lua.*/usr/local/lib/lua/5\.4/\?\.so'
fi

page=$at/share/man/man1/lobule.1
words() { "$at/bin/lobule" --help | grep -oE '(^|[ ,])-(-[a-z-]+|[a-z])' | tr -d ' ,' | sort -u; }
lost=
for word in $(words); do
  grep -qF -e "$(printf '%s' "$word" | sed 's/-/\\-/g')" "$page" || lost="$lost $word"
  grep -qE -e "[ |']$word( |\||\)|\[|\+|=|\$)" "$at/share/bash-completion/completions/lobule" || lost="$lost $word(bash)"
  grep -qF -e "'$word" "$at/share/zsh/site-functions/_lobule" || lost="$lost $word(zsh)"
done
same "options of --help are in the page and the completions" "$lost" ""
holds "options were found" "$(words | tr '\n' ' ')" '--no-strict --threads --version -e -h -i -l -v'
if command -v groff >/dev/null; then
  same "the page is clean" "$(groff -man -ww -Tutf8 -z "$page" 2>&1)" ""
else
  skip "the page is clean" "without groff"
fi
if command -v mandoc >/dev/null; then
  same "mandoc finds no fault" "$(mandoc -T lint -W warning "$page" 2>&1 | grep -v 'missing date')" ""
fi
if man -l "$page" >/dev/null 2>&1; then
  holds "man shows it" "$(MANWIDTH=80 man -l "$page" 2>/dev/null | sed 's/.\x08//g')" 'threads to use \(1 to 1024\)'
else
  skip "man shows it" "without man"
fi

# complete WORD...: what bash offers for the last of the words after lobule, joined by "|".
complete() {
  bash --norc -c 'source "$0"; COMP_WORDS=(lobule "$@"); COMP_CWORD=$#; _lobule 2>&1
    IFS="|"; echo "${COMPREPLY[*]}"' "$at/share/bash-completion/completions/lobule" "$@"
}
if command -v bash >/dev/null; then
  mkdir words && cd words && : >trial.csv && : >'two words.lua' && : >help.txt
  same "bash: an option" "$(complete --th)" "--threads"
  same "bash: long options" "$(complete --)" "--version|--help|--threads|--color|--no-strict"
  same "bash: a command and files" "$(complete he)" "help|help.txt"
  names=$("$at/bin/lobule" -e 'local names = {}
    for name in pairs(require("lobule").survival) do names[#names + 1] = "survival." .. name end
    table.sort(names)
    print(table.concat(names, "|"))')
  same "bash: topics" "$(complete help survival.)" "$names"
  same "bash: a topic of several words" "$(complete help comi)" 'coming\ from\ R'
  same "bash: one topic only" "$(complete help formulas x)" ""
  mkdir -p recipes data/lobule/recipes
  touch recipes/compare-own.lua data/lobule/recipes/compare-mine.lua
  export XDG_DATA_HOME="$PWD/data"
  same "bash: recipes" "$(complete run compare)" "compare-arms|compare-mine|compare-own"
  same "bash: recipes to show" "$(complete recipe show pool)" "pool-proportions"
  unset XDG_DATA_HOME
  rm -r recipes data
  same "bash: files of peek" "$(complete peek tr)" "trial.csv"
  same "bash: a file with a blank" "$(complete two)" "two words.lua"
  same "bash: a number has no words" "$(complete --threads '')" ""
  same "bash: after a number" "$(complete --threads 2 pe)" "peek"
  same "bash: after =" "$(complete --threads = 2 pe)" "peek"
  same "bash: after a script only files" "$(complete run.lua he)" "help.txt"
  same "bash: after standard input only files" "$(complete - he)" "help.txt"
  topic=$(complete help cohort.fi | tr '|' '\n' | grep filter)
  holds "bash: what is offered has help" "$("$at/bin/lobule" help "$topic")" '^cohort:filter\('
  cd ..
else
  skip "bash completion" "without bash"
fi
if command -v zsh >/dev/null; then
  same "zsh: the file is well formed" "$(zsh -n "$at/share/zsh/site-functions/_lobule" 2>&1)" ""
else
  skip "zsh completion" "without zsh"
fi
"$at/bin/lobule" __complete fish >/dev/null 2>&1
same "no completion for other shells" "$?" 2
rm -rf script.lua table.csv words

cd "$here" || exit 1
out=$(house install && house uninstall && house uninstall)
same "twice in, twice out" "$out" ""
(cd "$root" && find . -type f | sort) >"$root.after"
same "uninstall leaves what was there, and nothing else" "$(cat "$root.after")" "$(cat "$root.before")"
same "no folder of ours stays" "$(find "$root" -depth -type d -name lobule ! -path "$at")" ""
rm -f "$root.before" "$root.after"
out=$(BUILD=$BUILD DESTDIR=$root PREFIX=opt sh scripts/dev/install.sh install 2>&1)
same "a relative prefix is refused" "$?" 2

echo "1..$n"
[ "$failed" -eq 0 ]
