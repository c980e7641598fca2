#!/bin/sh
# lobule run and lobule verify from outside: help, checks, maps, locks, sharing, reports run again.
# Prints TAP; run from the top folder with LOBULE_PROGRAM naming the program.
. tests/host/tap.sh
root=$PWD
cd "$folder" || exit 1
export XDG_DATA_HOME="$folder/data-home"
mkdir recipes one two
cp "$root/tests/host/recipes/two-arms.lua" recipes/two-arms.lua
cp "$root/scripts/data/pbc_randomised.csv" pbc.csv

run="run two-arms --data pbc.csv --arm sex --event dead"
check "help lists columns and parameters" 0 'treatment COLUMN +The randomised arm.*' run two-arms --help
check "help lists the options of all recipes" 0 '^  --locked ' run two-arms --help
check "no recipe" 2 'usage: lobule run RECIPE' run
check "a recipe that is not there" 2 "no recipe 'tow-arms' \(did you mean 'two-arms'\?\)|no recipe 'tow-arms'" run tow-arms
check "an unknown option" 2 'unknown option --evnt \(did you mean --event\?\)' run two-arms --data pbc.csv --evnt dead
check "no data" 2 'the input is missing: --data FILE' run two-arms
check "a missing column is named with the likely one" 2 "no column for 'event' \(is it --event dead\?\)" \
  run two-arms --data pbc.csv --arm sex --check
printf 'u,v\n1,2\n3,4\n' >odd.csv
check "without one, with the mend" 2 "no column for 'event': name it with --event COLUMN" \
  run two-arms --data odd.csv --check
check "a wrong column has a suggestion" 2 "the file has no column 'sexx' \(did you mean 'sex'\?\)" \
  run two-arms --data pbc.csv --arm sexx --event dead --check
check "too many levels" 2 "has 312 levels.*the recipe takes 2 to 6" run two-arms --data pbc.csv --arm id --event dead --id age --check
check "an event that is no event" 2 "event: column 'stage' holds 1 to 4: expected true/false or 0/1" \
  run two-arms --data pbc.csv --arm sex --event stage --check
check "out of range" 2 "conf_level is 2: expected 0.5 to 0.999" $run --conf-level 2 --check
check "the check shows the mapping" 0 '^treatment +sex +factor +0  f 276, m 36' $run --check
check "and the sandbox" 0 '^sandbox +(process limits, Landlock and seccomp in force|this system lacks)' $run --check
check "never ids" 0 '^id +id +text|^id +id +integer +0  312 distinct' $run --check
check "no output" 2 'where does the report go\?' $run
check "an output in no folder" 2 "no folder 'nowhere'" $run -o nowhere/out.html
check "the input is no output" 2 'the output pbc.csv is the input itself' $run -o pbc.csv
check "an output of no format" 2 "unknown extension '.xyz'" $run -o out.xyz
if [ -z "$(ls -A one)" ]; then result "nothing was written so far" ok; else result "nothing was written so far" bad; fi

check "a run" 0 '^one/out.html, one/out.json, one/lobule.lock written' $run -o one/out.html,one/out.json
check "what the recipe prints" 0 '^rows.312' $run -o one/out.html,one/out.json
check "the same, other folder, one thread" 0 'written' --threads 1 $run -o two/out.html,two/out.json
for file in out.html out.json lobule.lock; do
  if sed 's/two\/out/one\/out/g' two/$file | cmp -s - one/$file; then
    result "same bytes: $file" ok
  else
    result "same bytes: $file" bad "$(diff one/$file two/$file | head -5)"
  fi
done
check "locked" 0 'written' $run -o one/out.html --locked
check "locked, other parameters" 1 'the parameters are not as one/lobule.lock says' \
  $run --conf-level 0.9 -o one/out.html --locked
check "with what differs" 1 '^params\.conf_level: .* in the lock, 0\.9 now' \
  $run --conf-level 0.9 -o one/out.html --locked
mkdir edited
relocked() { # relocked NAME EDIT PATTERN: a run against a lock that was edited
  sed "$2" one/lobule.lock >edited/lobule.lock
  cmp -s one/lobule.lock edited/lobule.lock && result "$1" bad "nothing was edited"
  check "$1" 1 "$3" $run -o edited/out.html --locked
}
relocked "a lock that is no JSON" 's/}/]/' '--locked: edited/lobule\.lock is damaged or was edited'
relocked "a lock without its ground" 's/"ground"/"grund"/' 'lobule\.lock is damaged or was edited'
relocked "a lock with strange results" 's/"results": \[/"results": [7,/' 'lobule\.lock is damaged or was edited'
relocked "a lock with results left out" 's/"results": \[/"results": [], "x": [/' 'the run gives [0-9]+ results, edited/lobule\.lock has 0'
relocked "a lock of another recipe" '/"recipe": {/,/}/s/"name": "/&x-/' "It is another recipe's lock"
check "locked, no lock" 1 'there is no ./?lobule.lock|there is no lobule.lock' $run -o out.html --locked

cat >site.lua <<'END'
return {
  files = { data = "pbc.csv" },
  mutate = { "event = dead == 1", "years = time / 365.25" },
  columns = { treatment = "sex", time = "years" },
  recode = { sex = { { "f", "women" }, { "m", "men" } } },
  params = { conf_level = 0.9 },
}
END
check "a site's map" 0 '^treatment +sex +factor +0  women 276, men 36' run two-arms --map site.lua --check
check "its parameters" 0 'conf_level 0.9' run two-arms --map site.lua --check
check "its computed column" 0 '^time +years +real' run two-arms --map site.lua --check
echo 'return { colums = {} }' >bad.lua
check "a map with a wrong field" 2 "unknown option 'colums' \(did you mean 'columns'\?\)" run two-arms --map bad.lua --check

check "sharing writes .json only" 2 'share writes .json only' $run -o out.html --share
check "sharing" 0 'shared.json, lobule.lock written' $run -o shared.json --share --min-cell 50
if grep -q '"min_cell": 50' shared.json && ! grep -q '"curve"' shared.json; then
  result "shared: aggregates only" ok
else
  result "shared: aggregates only" bad
fi
# 36 men: fewer than 50, so none of their numbers is there.
if ! grep -q '2386' shared.json; then result "shared: small groups left out" ok; else result "shared: small groups left out" bad; fi

printf 'pbc.csv\nsex\n\n\nask.html\n' >answers # the event proposed is taken
input=answers
check "asking for what is missing" 0 'ask.html, lobule.lock written' run two-arms --interactive
check "the command line without questions" 0 '^lobule run two-arms --data pbc.csv --treatment sex --event dead --output ask.html$' \
  run two-arms --interactive
printf 'odd.csv\n\n\nq\n' >answers
input=answers
check "an empty answer where a column is needed" 2 'a column is needed: its number or its name' run two-arms --interactive
check "q leaves" 2 'left: nothing is run' run two-arms --interactive
printf 'id;sex;time;dead\n1;f;1,5;1\n2;m;2,5;0\n3;f;3,5;1\n4;m;4,25;1\n' >commas.csv
printf 'commas.csv\nsex\ndead\n\n\ncommas.html\n' >answers
check "decimal commas are kept in a map" 0 'commas.html, lobule.lock written' run two-arms --interactive
check "with which it runs again" 0 'everything holds' verify commas.html
input=/dev/null
check "asking ends with the input" 2 'the input ended: nothing is run' run two-arms --interactive

check "a report verified" 0 'everything holds' verify one/out.html
check "as JSON" 0 'everything holds' verify one/out.json
sed 's/\(<td[^>]*>\)3428/\13429/' one/out.html >one/edited.html
check "a number edited by hand" 1 '^edited +line [0-9]+, under' verify one/edited.html
sed -i '9s|1$|0|' pbc.csv
check "a cell changed in the data" 1 'data pbc.csv is not the file that the report was made from' verify one/out.html
check "the numbers that moved" 1 'quantiles.*in the report, .* run again' verify one/out.html
cp "$root/scripts/data/pbc_randomised.csv" pbc.csv
sed 's/"lobule":"[0-9.]*"/"lobule":"9.9.9"/' one/out.html >one/other.html
check "another version" 1 'the report was made by Lobule 9.9.9, this is' verify one/other.html
sed -i 's/rows/Rows/' recipes/two-arms.lua
check "a changed recipe" 1 'recipe two-arms is not the file' verify one/out.html
check "no report" 1 'a file of --share holds aggregates only' verify shared.json
printf '{}\n' >empty.json
check "nor anything like it" 1 'this is no report of Lobule' verify empty.json
check "another format" 2 'only .html and .json reports can be verified' verify pbc.csv
check "nothing to verify" 2 'usage: lobule verify report.html' verify

mkdir -p scripts/data && cp "$root/scripts/pbc_survival.lua" scripts/ && cp "$root"/scripts/data/*.csv scripts/data/
"$program" scripts/pbc_survival.lua two >/dev/null
before=$(cat two/*.html | cksum)
check "a script's report" 0 'everything holds' verify two/pbc_survival.html
if [ "$before" = "$(cat two/*.html | cksum)" ]; then result "verifying writes nothing" ok; else result "verifying writes nothing" bad; fi
finish
