#!/bin/sh
# `lobule recipe ...` from outside: each command and its misuse, tampered and hostile recipes,
# signatures. Prints TAP; run from the top folder with LOBULE_PROGRAM naming the program.
. tests/host/tap.sh
unset XDG_DATA_HOME XDG_STATE_HOME XDG_CONFIG_HOME
export HOME="$folder/home" TMPDIR="$folder/tmp"
mkdir "$HOME" "$TMPDIR" "$folder/work"
cd "$folder/work" || exit 1

# try NAME STATUS PATTERN WORD...: as check, of `lobule recipe WORD...`.
try() {
  what=$1 status=$2 expected=$3
  shift 3
  check "$what" "$status" "$expected" recipe "$@"
}

holds() { # holds NAME COMMAND...
  name=$1
  shift
  if "$@"; then result "$name" ok; else result "$name" bad "$*"; fi
}

absent() { [ ! -e "$1" ] && [ ! -L "$1" ]; }
user=$HOME/.local/share/lobule/recipes

# ---- The command itself
try "no command" 2 '^usage: lobule recipe COMMAND'
try "help" 0 'suggest FILE' --help
try "a misspelt command" 2 "did you mean 'install'" instal
try "an unknown option" 2 'did you mean --update' test --updat x
shown=$("$program" recipe --help | sed -n 's/^  \([a-z]*\) .*/\1/p' | tr '\n' ' ')
holds "the completions know the commands" sh -c '"$1" __complete bash | grep -Fq "${2% }"' sh "$program" "$shown"
try "no recipe" 2 "no recipe 'nowhere'" show nowhere
try "no file" 2 "no file 'nowhere.lua'" show nowhere.lua

# ---- new, test, list, show
try "new" 0 'my-first\.lua and my-first\.example\.csv written' new my-first
try "new passes its test" 0 '^18 passed, 0 failed$' test my-first.lua
try "new never overwrites" 2 "'my-first.lua' is there already" new my-first
try "new with a bad name" 2 'lower-case letters' new ../evil
try "new with a capital" 2 'lower-case letters' new First
try "new without a name" 2 'usage: lobule recipe new NAME' new
holds "every file is the user's alone to name" absent ../evil.lua
mkdir recipes
try "new in recipes/" 0 'recipes/arms\.lua' new arms
try "list" 0 '^project/arms  Time to progression by treatment$' list
try "list says what it needs" 0 'needs id, arm, time, event; takes covariate' list
try "not tested yet" 0 'unsigned, example not tested here' list
try "test by name" 0 '^18 passed, 0 failed$' test arms
try "tested" 0 'unsigned, example passed' list survival
check "a short form of list" 0 "^project/arms  Time to progression" recipes
try "list about nothing" 1 "No recipe is about 'zebra'" list zebra
try "show" 0 '^sha256: [0-9a-f]{64}$' show project/arms
try "show a parameter" 0 'conf-level +real, 0\.5 to 0\.999, default 0\.95: confidence level' show arms
try "show an expected number" 0 'km\.median\[arm=A\] = 5\.8 \(relative 1e-12\)' show arms
try "update" 0 '\["km.median\[arm=A\]"\] = \{ 5\.8, rel = 1e-12 \},' test arms --update

cp recipes/arms.lua recipes/bare.lua && cp recipes/arms.example.csv recipes/bare.example.csv
sed -i 's/arms/bare/g; /\["km/d' recipes/bare.lua
try "an example that expects nothing" 1 'FAILED  expected results: the example expects none' test bare
try "update offers what there is" 0 '\["km\.n_event"\] = \{ 20, rel = 1e-0?9 \},' test bare --update
rm recipes/bare.*
# variant NAME SED WANT PATTERN: the template changed by sed, tested.
variant() {
  sed -e "s/my-first/varied/g; $2" my-first.lua >varied.lua
  cp my-first.example.csv varied.example.csv
  try "$1" "$3" "$4" test varied.lua
}
variant "a wrong number" 's/{ 5.8, rel/{ 5.9, rel/' 1 '^FAILED  km\.median\[arm=A\]: 5\.9 expected, 5\.8 found: off by 0\.1'
variant "within its tolerance" 's/{ 5.8, rel = 1e-12/{ 5.9, abs = 0.11/' 0 '0 failed'
variant "a path that is none" 's/"km.n_event"/"km.n_evnt"/' 1 "km\.n_evnt: .*did you mean 'n_event'"
variant "a unit that is none" 's/unit = "months", range = { 0, 600 },$/unit = "month_", range = { 0, 600 },/' \
  1 "FAILED  unit of 'time': 'month_' is no unit of time \\(did you mean 'months'\\?\\): they are days"
variant "a path of several rows" 's/"km.n_event"/"km.quantiles.estimate[arm=A]"/' 1 "several rows are called 'arm=A'"
variant "a type that is none" 's/type = "logical"/type = "bool"/' 1 'Choices are: real, integer, logical'
sed -e "s/my-first/varied/g; s/km.n_event\"\]/km.n_evnt\"]/" my-first.lua >varied.lua
try "update tells the paths that there are" 0 'the result has: km\.conf_level, km\.conf_type' test varied.lua --update
try "a file here is no name" 2 'there is \./my-first\.lua here' test my-first
variant "a wrong hash" 's/sha256 = "./sha256 = "x/' 1 'FAILED  data of varied\.example\.csv: sha256'
variant "a crash" 's/local described/local x = nothing.at_all; local described/' 1 "FAILED  the example runs: .*undefined name 'nothing'"
variant "depends on the row order" 's/return { km = km }/return { km = km, first = patients:frame():column("time")[1] }/' \
  1 'FAILED  row order: results differ, first\.value'
variant "missing values not counted" \
  's/return { km = km }/return { km = km, age = patients:summarise({ "m = sum(age)" }):column("m")[1] }/; s/if patients:frame():has "age"/if false/' \
  1 "FAILED  missing value in 'age': results change, but no count"
variant "fails on no row without naming the cause" 's/local patients = /local q = inputs.data:frame():column("time")[1] + 1; local patients = /' \
  1 'FAILED  no row left: fails without naming the cause: .*attempt to perform arithmetic'
variant "chance" 's/return { km = km }/return { km = km, r = math.random() }/' 0 '0 failed'
variant "too much time" 's/return { km = km }/while true do end/; s/cpu_s = 60/cpu_s = 1/' 3 'processor time'
variant "no example" 's/example = {/limits2 = {/' 1 "unknown option 'limits2'"
variant "a terminal's escapes do not pass" 's/title = "Time/title = "\\27[31mTime/' 0 '0 failed'
out=$("$program" recipe show varied.lua)
holds "no escape is shown" sh -c '! printf %s "$1" | grep -q "$(printf "\033")"' sh "$out"
try "test needs a recipe" 2 'usage: lobule recipe test' test
try "test all" 0 "^[0-9]+ passed, 0 failed$" test --all
rm varied.lua varied.example.csv
cp my-first.lua lonely.lua && sed -i 's/my-first/lonely/g' lonely.lua
try "the example's file is missing" 2 "the example's file 'lonely.example.csv' is not there" test lonely.lua

# ---- suggest
try "suggest" 0 '^    lobule run arms --data my-first\.example\.csv --id patient --time months --event progressed -o report\.html$' \
  suggest my-first.example.csv
printf 'subject,trt,os_months,died\n1,A,3.5,1\n2,B,4.5,0\n3,A,9,1\n4,B,2,0\n' >clinic.csv
try "suggest by other words for a role" 0 'data clinic\.csv --id subject --arm trt --time os_months --event died' suggest clinic.csv
printf 'rx,sex,time,status,dead\nA,f,3,2,1\nB,m,4,0,0\nA,m,9,1,0\nB,f,2,2,1\n' >trial.csv
try "suggest takes the 0/1 event before a coded one" 0 'compare-arms --data trial\.csv --treatment rx --event dead -o' suggest trial.csv
printf 'trt,sex,time,dead\n1,f,3,1\n0,m,4,0\n1,m,9,0\n0,f,2,1\n' >coded.csv
try "suggest takes an arm coded 0/1 by its name" 0 'compare-arms --data coded\.csv --treatment trt --event dead -o' suggest coded.csv
check "a missing column's likely one is named" 2 'is it --treatment rx\?' \
  run compare-arms --data trial.csv --check
printf 'arm,time,event,id\nA,900,1,1\nB,400,0,2\nA,90,1,3\nB,20,1,4\n' >days.csv
check "times in another unit have their mend" 2 \
  'runs from 20 to 900, the recipe allows 0 to 600 months; of another unit\? with --map, units = \{ time' \
  run ./my-first.lua --data days.csv --check
printf "x\n1\n2\n" >plain.csv
try "suggest for any columns" 0 "lobule run describe-cohort" suggest plain.csv
try "suggest without a file" 2 "no file 'missing.csv'" suggest missing.csv

# ---- pack
try "pack" 0 'arms-0\.1\.0\.zip written: arms\.lua, arms\.example\.csv' pack arms
cp arms-0.1.0.zip once.zip
try "pack again" 0 'written' pack arms
holds "the same bytes" cmp arms-0.1.0.zip once.zip
mkdir linked && cp recipes/arms.lua linked/ && ln -s /etc/passwd linked/arms.example.csv
try "pack refuses a symbolic link" 2 "'arms.example.csv' is a symbolic link" pack linked/arms.lua
rm linked/arms.example.csv
try "pack refuses a missing file" 2 "'arms.example.csv' is missing" pack linked/arms.lua
mv linked/arms.lua linked/other.lua
try "pack refuses another name" 2 'It must be called arms\.lua' pack linked/other.lua
try "pack to a name" 0 'my\.zip written' pack arms -o my.zip
echo mine >my.zip
try "pack writes over no other file" 2 "'my\.zip' is there already" pack arms -o my.zip
holds "which stays" grep -qx mine my.zip
try "pack unless asked" 0 'my\.zip written' pack arms -o my.zip --replace

# ---- install
try "install an archive" 0 'user/arms 0\.1\.0 installed \(unsigned\): arms\.lua, arms\.example\.csv' install once.zip
holds "the recipe is there" cmp "$user/arms.lua" recipes/arms.lua
holds "its example is there" cmp "$user/arms.example.csv" recipes/arms.example.csv
try "install twice" 0 'is there already$' install once.zip
try "list shows both" 0 '^user/arms ' list
try "a source is named" 0 '^  found in +user:' show user/arms
mkdir next && sed 's/version = "0.1.0"/version = "0.2.0"/' recipes/arms.lua >next/arms.lua && cp recipes/arms.example.csv next/
try "another version is not overwritten" 2 'already, not the same: version 0\.1\.0, this one 0\.2\.0' install next
holds "the old one stays" cmp "$user/arms.lua" recipes/arms.lua
try "unless asked" 0 'user/arms 0\.2\.0 installed' install next --replace
holds "the new one is there" cmp "$user/arms.lua" next/arms.lua
try "install a file" 0 'user/my-first 0\.1\.0 installed' install ./my-first.lua
ln -s /etc/passwd unrelated.lua
rm -r "$user"
try "a link beside it does not matter" 0 'installed' install my-first.lua
cat >describe-cohort.lua <<'LUA'
return { name = "describe-cohort", version = "1.0.0", title = "Another", run = function() return {} end,
  inputs = { data = { columns = { { "age", role = "covariate", type = "real" } } } } }
LUA
try "one that takes a built-in's name says so" 0 "'describe-cohort' means this one; the program's own is built-in/describe-cohort" \
  install ./describe-cohort.lua
rm "$user"/describe-cohort.* describe-cohort.*
try "install from the net" 2 'no network connections' install https://example.org/x.zip
try "install nothing" 2 "'nowhere.zip' is not there" install nowhere.zip
try "install no recipe" 2 'is no recipe and no archive' install clinic.csv
rm -rf "$user"
touch ran && rm ran
cat >bad.lua <<'LUA'
io.open("ran", "w"):close()
return {}
LUA
try "a recipe that reads files" 2 'a recipe reads no files' install bad.lua
holds "nothing ran" absent ran
printf 'return { name = "bad" }\n' >bad.lua
try "a declaration that is wrong" 2 'no version' install bad.lua
for kind in above folder blank hidden absolute; do
  "$program" "$here/make_zip.lua" $kind evil.zip my-first.lua
  try "a name in an archive: $kind" 2 "name is not plain|holds a folder" install evil.zip
done
"$program" "$here/make_zip.lua" link evil.zip my-first.lua
try "a symbolic link in an archive" 2 'holds a symbolic link' install evil.zip
"$program" "$here/make_zip.lua" device evil.zip my-first.lua
try "a device in an archive" 2 'something else than a file' install evil.zip
"$program" "$here/make_zip.lua" cut evil.zip my-first.lua
try "a cut archive" 2 'not a zip archive' install evil.zip
"$program" "$here/make_zip.lua" many evil.zip my-first.lua
try "too many parts" 2 'more than 200 parts' install evil.zip
"$program" "$here/make_zip.lua" bomb evil.zip my-first.lua
try "a zip bomb" 2 'unpacks to more than is allowed' install evil.zip
"$program" "$here/make_zip.lua" liar evil.zip my-first.lua
try "a zip bomb that says it is small" 2 'unpacks to more|damaged|not a zip archive' install evil.zip
"$program" "$here/make_zip.lua" file incomplete.zip my-first.lua
try "an archive without the example" 2 "'my-first.example.csv' is missing" install incomplete.zip
ln -s my-first.lua link.lua
try "a symbolic link as a file" 2 "'link.lua' is a symbolic link" install link.lua
mkdir dir && ln -s ../my-first.lua dir/my-first.lua
try "a symbolic link in a folder" 2 "'my-first.lua' is a symbolic link" install dir
holds "nothing was installed" sh -c '[ -z "$(ls -A "$1" 2>/dev/null)" ]' sh "$user"
holds "nothing above" absent "$HOME/.local/share/lobule/my-first.lua"

# ---- sign, verify
try "verify unsigned" 1 'unsigned' verify arms
if command -v ssh-keygen >/dev/null 2>&1; then
  ssh-keygen -q -t ed25519 -N '' -C '' -f key && ssh-keygen -q -t ed25519 -N '' -C '' -f other
  echo "a.author@example.org namespaces=\"lobule-recipe\" $(cut -d' ' -f1,2 key.pub)" >signers
  try "sign needs a key" 2 'sign needs a key' sign arms
  try "sign with no such key" 2 "no key file 'nokey'" sign arms --key nokey
  try "sign with what is no key" 2 'could not be signed' sign arms --key signers
  try "sign" 0 'recipes/arms\.lua\.sig written' sign arms --key key
  try "verify" 0 'signed by a\.author@example\.org \(SHA256:' verify arms --signers signers
  try "no such signers" 2 "no file 'nobody'" verify arms --signers nobody
  try "nobody is known" 1 'not among the allowed signers' verify arms
  mkdir -p "$HOME/.config/lobule" && cp signers "$HOME/.config/lobule/allowed_signers"
  try "the default signers" 0 'signed by a\.author@example\.org' verify arms
  try "list says who signed" 0 'signed by a\.author@example\.org' list
  echo "a.author@example.org namespaces=\"file\" $(cut -d' ' -f1,2 key.pub)" >elsewhere
  try "a key for other purposes" 1 'not among the allowed signers' verify arms --signers elsewhere
  check "a report of it" 0 'written' run arms --data my-first.example.csv --id patient --time months \
    --event progressed -o signed.html
  holds "says who signed" grep -q 'signed by a.author@example.org' signed.html
  try "pack with the signature" 0 'arms\.lua\.sig' pack arms -o signed.zip
  try "install with the signature" 0 'installed \(signed by a\.author@example\.org' install signed.zip
  try "the copy verifies" 0 'signed by a\.author' verify user/arms
  cp recipes/arms.lua kept.lua
  echo '-- one more line' >>recipes/arms.lua
  try "a tampered recipe" 1 'the signature does not fit' verify arms
  mine="--data my-first.example.csv --id patient --time months --event progressed"
  check "a tampered recipe is not run" 2 'arms\.lua: the signature does not fit' run arms $mine -o t.html
  check "the mend is told" 2 'unsigned-ok runs this one' run arms $mine -o t.html
  holds "nothing was written" absent t.html
  check "unless asked" 0 't\.html.* written' run arms $mine -o t.html --unsigned-ok
  try "a tampered recipe is not packed" 2 'the signature does not fit' pack arms -o tampered.zip
  try "a tampered recipe in the list" 0 'the signature does not fit' list
  try "a tampered recipe is not installed" 2 'the signature does not fit' install recipes --replace
  cp kept.lua recipes/arms.lua
  sed 's/3\.9/4.9/' my-first.example.csv >recipes/arms.example.csv
  try "a tampered example" 1 'the signature does not fit' verify arms
  cp my-first.example.csv recipes/arms.example.csv
  try "signed by another" 0 'written' sign arms --key other
  try "an unknown key" 1 'not among the allowed signers \(SHA256:' verify arms
  echo garbage >recipes/arms.lua.sig
  try "a signature that is none" 1 'the signature does not fit' verify arms
  mkdir no-tools "blank ' name" && cp key "blank ' name/key ; touch ran"
  try "names are never a shell's" 0 'written' sign arms --key "blank ' name/key ; touch ran"
  holds "no shell ran" absent ran
  saved=$PATH
  out=$(PATH=$folder/work/no-tools "$program" recipe verify arms 2>&1)
  holds "no ssh-keygen" sh -c 'case $1 in *openssh-client*) ;; *) exit 1 ;; esac' sh "$out"
  PATH=$saved
else
  result "signatures # SKIP ssh-keygen is not installed (openssh-client)" ok
fi
holds "no temporary folder stays" sh -c '[ -z "$(ls -A "$1")" ]' sh "$TMPDIR"
finish
