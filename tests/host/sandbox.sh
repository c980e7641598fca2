#!/bin/sh
# What recipes try and may not do: each recipe in tests/host/recipes says in its second line what its
# run must end with: "-- expect STATUS PATTERN". Prints TAP; run from the top folder with
# LOBULE_PROGRAM naming the program; SAN set: a sanitized one, whose memory is not bounded.
. tests/host/tap.sh

mkdir "$folder/run" "$folder/other"
cd "$folder/run" || exit 1
{
  echo "time,event,arm"
  for i in 1 2 3 4 5 6 7 8 9; do echo "$i,true,A"; echo "$i.5,false,B"; done
} >d.csv
cp d.csv ../other/d.csv

# Control characters other than line ends and tabs in the output.
steers() { LC_ALL=C tr -d '\11\12\40-\176\200-\377' <../out | grep -q . || LC_ALL=C grep -q "$(printf '\302[\200-\237]')" ../out; }

for recipe in "$here"/recipes/*.lua; do
  name=$(basename "$recipe" .lua)
  expect=$(sed -n '2s/^-- expect //p' "$recipe")
  [ -z "$expect" ] && continue # a recipe of other tests
  status=${expect%% *} pattern=${expect#* }
  case $SAN$pattern in 1*"more memory"*)
    result "$name # SKIP the sanitizer's memory is not bounded" ok
    continue
    ;;
  esac
  timeout 60 "$program" run "$recipe" --data d.csv -o made.html >../out 2>&1
  got=$?
  left=$(ls | grep -v '^d\.csv$')
  [ "$status" = 0 ] && left=$(echo "$left" | grep -v '^made\.html$\|^lobule\.lock$')
  if [ "$got" -ne "$status" ]; then
    result "$name" bad "status $got, expected $status; output: $(cat ../out)"
  elif ! grep -Eq -e "$pattern" ../out; then
    result "$name" bad "no $pattern in: $(cat ../out)"
  elif [ "$status" -ne 0 ] && ! grep -q "$name\.lua" ../out; then
    result "$name" bad "the message does not name the recipe: $(cat ../out)"
  elif steers; then
    result "$name" bad "control characters: $(od -c ../out)"
  elif [ -n "$left" ]; then
    result "$name" bad "left behind: $left"
  elif [ "$(wc -c <../out)" -gt 80000 ]; then
    result "$name" bad "$(wc -c <../out) bytes of output"
  else
    result "$name" ok
  fi
  rm -rf ./made* ./left-behind* ./lobule.lock
done

# The same bytes again, with other threads, in another folder.
recipe=$here/recipes/allowed.lua
run() { # run FOLDER OUTPUT OPTION...
  (cd "$folder/$1" && out=$2 && shift 2 && "$program" "$@" run "$recipe" --data d.csv -o made.html &&
    mv made.html "../$out.html") 2>&1 | grep -v ' written (' >"$folder/$2.out"
}
run run first --threads 1
for again in "run second" "run third --threads 2" "other fourth --threads 2" "other fifth"; do
  # shellcheck disable=SC2086
  run $again
  set -- $again
  if cmp "$folder/first.html" "$folder/$2.html" && cmp "$folder/first.out" "$folder/$2.out"; then
    result "the same bytes: $again" ok
  else
    result "the same bytes: $again" bad "$(cat "$folder/$2.out")"
  fi
done
# The provenance is JSON in a script element, where only "</" and "<!" mean anything.
page=$(sed '/id="lobule-provenance">/d' "$folder/first.html")
json=$(sed -n 's/^<script type="application\/json" id="lobule-provenance">\(.*\)<\/script>.*/\1/p' "$folder/first.html")
case $page in
  *"<img"* | *"<script"* | *"alert(1)<"*) result "nothing unescaped in the page" bad "$(echo "$page" | grep -Eo '.{40}(<img|<script|alert.1.<).{40}')" ;;
  *"&lt;script&gt;"*) result "nothing unescaped in the page" ok ;;
  *) result "nothing unescaped in the page" bad "no escaped text" ;;
esac
case $json in
  *"</"* | *"<!"* | "") result "nothing that ends the results' JSON" bad "$json" ;;
  *) result "nothing that ends the results' JSON" ok ;;
esac

# Links: what is read and written are the files that the command line names.
ln -s d.csv link.csv
echo precious >../precious
"$program" run "$recipe" --data link.csv -o made.html >../out 2>&1
if [ $? -eq 0 ] && [ -s made.html ]; then result "an input by a link" ok; else result "an input by a link" bad "$(cat ../out)"; fi
rm -f made.html

finish
