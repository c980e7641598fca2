#!/bin/sh
# What recipes give: shared aggregates, named results in the report, what `lobule verify` says of
# them. Prints TAP; run from the top folder with LOBULE_PROGRAM naming the program.
. tests/host/tap.sh
root=$PWD
cd "$folder" || exit 1
export XDG_DATA_HOME="$folder/data-home" XDG_CONFIG_HOME="$folder/config"
cp "$root/scripts/data/pbc_randomised.csv" pbc.csv

# recipe NAME RUN: a recipe on pbc.csv whose run function has the body RUN.
recipe() {
  cat >"$1.lua" <<LUA
return {
  name = "$1", version = "1.0.0", title = "A test",
  inputs = { data = { columns = {
    { "id", role = "id", type = "text" },
    { "sex", role = "arm", type = "factor" },
    { "time", role = "time", type = "real" },
    { "dead", role = "event", type = "logical" },
    { "stage", role = "covariate", type = "factor", optional = true },
  } } },
  run = function(lb, inputs, params, report)
    local d = inputs.data
    $2
  end,
}
LUA
}

holds() { # holds NAME COMMAND...
  what=$1
  shift
  if "$@"; then result "$what" ok; else result "$what" bad "$*"; fi
}

lacks() { ! grep -Eq "$1" "$2"; }

# ---- Sharing
recipe plain 'return { first = d:frame():column("time")[1], n = #d }'
check "a number of unknown origin stays" 0 "result 'first' is not an aggregate that can be shared" \
  run ./plain.lua --data pbc.csv --share -o plain.json
holds "and is not in the file" lacks '"value"|"result":' plain.json
recipe rates 'local p = lb.categorical.proportion
    return { few = p(2, 28), most = p(27, 28), some = p(9, 28) }'
check "proportions of small counts stay" 0 "result 'few' rests on fewer than 5" \
  run ./rates.lua --data pbc.csv --share -o rates.json
check "and those of few without the event" 0 "result 'most' rests on fewer than 5" \
  run ./rates.lua --data pbc.csv --share -o rates.json
holds "no label gives a count away" lacks '[0-9]/28' rates.json
holds "others are shared" grep -q '"n_event": 9' rates.json
holds "the hidden are counted" grep -Eq '"hidden": 1[0-9],' rates.json
recipe cross 'return { cross = lb.crosstab(d, "sex", "stage", { percent = "row" }) }'
check "a table with a small cell stays as a whole" 0 "result 'cross': its cells rest on fewer" \
  run ./cross.lua --data pbc.csv --share -o cross.json
holds "no cell, no percent" lacks '"percent": \[|"cells"' cross.json
check "one without is shared" 0 'written' \
  run ./cross.lua --data pbc.csv --share --min-cell 3 -o cross.json
holds "with its percents" grep -q '"percent": \[' cross.json
recipe terms 'return { cox = lb.survival.cox("Surv(time, dead) ~ sex", d) }'
check "a model is shared" 0 'written' run ./terms.lua --data pbc.csv --share -o terms.json
holds "with its terms" grep -q '"terms"' terms.json
holds "without lineage and formula" lacks '"lineage"|"formula"|"vcov"' terms.json
# 276 of 312 are women: the 36 others follow.
cp terms.lua terms2.lua
sed -i 's/name = "terms"/name = "terms2"/; s/return { cox/d = d:relevel("sex", "m"); return { cox/' terms2.lua
check "nor a level whose complement is small" 0 "result 'cox': its terms rest on fewer than 40" \
  run ./terms2.lua --data pbc.csv --share --min-cell 40 -o terms.json
recipe forged 'local r = setmetatable({ record = function() return { kind = "crosstab",
      cells = { time = d:frame():column("time"):totable() } } end }, {})
    return { forged = r }'
check "an object that looks like a result stays" 0 "result 'forged' is not an aggregate" \
  run ./forged.lua --data pbc.csv --share -o forged.json

# ---- What run returns
recipe bare 'local km = lb.survival.km("Surv(time, dead) ~ sex", d); return km'
check "a result without a name" 1 'run returns .*: expected a table of named results' \
  run ./bare.lua --data pbc.csv -o out.html
check "with the mend" 1 'return \{ km = km \}' run ./bare.lua --data pbc.csv -o out.html
recipe cohort 'return { d = d }'
check "a cohort as a result" 1 "run's result 'd': expected a number or a result of lobule, found .*cohort" \
  run ./cohort.lua --data pbc.csv -o out.html

# ---- Named results in the report
recipe named 'local km = lb.survival.km("Surv(time, dead) ~ sex", d)
    report:add(km)
    return { km = km, difference = lb.categorical.proportion(9, 28), n = #d }'
check "a report with named results" 0 'written' run ./named.lua --data pbc.csv -o named.json,named.html
check "they hold" 0 '3 of 3 named results' verify named.html
holds "their records are in it" grep -q '"estimate": 0.32142857142857' named.json
sed 's/"estimate": 0.32142857142857[0-9]*/"estimate": 0.5/' named.json >forged.json
check "an edited number is named" 1 "result 'difference'" verify forged.json
check "with what it was" 1 'estimate: 0.5 in the report, 0.3214.* run again' verify forged.json
hash=$(sed -n '/"name": "difference"/,/sha256/s/.*"sha256": "\([0-9a-f]*\)".*/\1/p' named.json | head -1)
sed "s/$hash/$(printf %064d 7)/" named.html >forged.html
check "an edited hash is named" 1 "its SHA-256 in the report is not that of its numbers" verify forged.html
check "by the result's name" 1 "result 'difference'" verify forged.html

# ---- Reports of strangers
edited() { # edited PATTERN REPLACEMENT FIELD
  sed "s|$1|$2|" named.html >strange.html
  cmp -s named.html strange.html && result "edits $3" bad "nothing was edited"
  check "an edited $3" 1 "strange\.html: what it was made from was edited or is damaged: .*$3" verify strange.html
}
edited '"command":\[' '"command":[[],' command
edited '"inputs":\[{"name":"pbc.csv"' '"inputs":[null,{"name":"pbc.csv"' inputs
edited '"recipe":{"ground":{' '"recipe":7,"x":{"ground":{' recipe
edited '"params":{' '"params":null,"p":{' params
edited '"seed":1},' '"seed":"one"},' seed
edited '"columns":{' '"columns":7,"c":{' inputs
edited '"results":\[{"kind"' '"results":[null,{"kind"' results
sed 's|"lobule-provenance">{|&,|' named.html >strange.html
check "provenance that is no JSON" 1 'what it was made from is no JSON: line 1' verify strange.html
check "a file of --share" 1 'a file of --share holds aggregates only' verify terms.json
check "data that cannot be read" 1 "'/dev/zero' is a device" verify named.html --data /dev/zero

# ---- Where verify looks
mkdir -p away/deep && mv pbc.csv away/deep/renamed.csv && mv named.lua away/old.lua
check "data and recipe under other names, below" 0 'data pbc.csv \(away/deep/renamed.csv\)' verify named.html
check "all of it holds" 0 'everything holds' verify named.html
mv away ../away-$$
check "not within reach" 1 "is not found" verify named.html
check "the mend" 1 "--recipe FILE or --in FOLDER says where" verify named.html
check "a folder to look into" 0 'everything holds' verify named.html --in ../away-$$
check "files said" 0 'everything holds' verify named.html --data ../away-$$/deep/renamed.csv --recipe=../away-$$/old.lua
head -200 ../away-$$/deep/renamed.csv >short.csv
check "another file said" 1 'data pbc.csv is not the file' verify named.html --in ../away-$$ --data short.csv --recipe ../away-$$/old.lua
check "no such file" 1 "no file 'nowhere.csv'" verify named.html --data nowhere.csv
check "no such option" 2 'did you mean --data' verify named.html --dat x
mv ../away-$$/deep/renamed.csv pbc.csv; mv ../away-$$/old.lua named.lua; rm -r ../away-$$

# ---- Columns, maps
recipe few 'return { km = lb.survival.km("Surv(time, dead) ~ sex", d) }'
sed -i 's/role = "arm", type = "factor"/&, levels = { "m", "f" }/' few.lua
check "the recipe's list is the order of the levels" 0 'sex .*m 36, f 276' run ./few.lua --data pbc.csv --check
check "a level beyond it is named" 2 "sex: column 'stage' has a level '1'" \
  run ./few.lua --data pbc.csv --sex stage --stage sex --check
check "ids never" 2 "sex: column 'id' has 312 levels, the recipe knows m, f" \
  run ./few.lua --data pbc.csv --sex id --id sex --check
head -9 pbc.csv >eight.csv
check "ids of few rows neither" 2 "sex: column 'id' has 8 levels, the recipe knows m, f" \
  run ./few.lua --data eight.csv --sex id --id sex --check
check "nor in the mapping" 0 'stage +id +factor +0 +312 levels' run ./few.lua --data pbc.csv --stage id --id time --time age --check
{ cat pbc.csv; tail -1 pbc.csv; } >twice.csv
check "ids that stand twice" 0 '312 distinct, 1 repeated' run ./few.lua --data twice.csv --check
head -1 pbc.csv >none.csv
check "an empty file" 2 '^the file is empty' run ./few.lua --data none.csv --check
out=$("$program" run ./few.lua --data none.csv --check 2>&1)
holds "of which no types are told" sh -c '! echo "$1" | grep -q levels.*recipe' sh "$out"
map() { echo "return { $1 }" >map.lua; }
map 'read = { data = { decmal = "," } }'
check "a map's option of reading that is none" 2 "read.data: unknown option 'decmal' \(did you mean 'decimal'" \
  run ./few.lua --data pbc.csv --map map.lua --check
map 'read = { dta = { decimal = "," } }'
check "an input that is none" 2 "read names 'dta', which the recipe does not have \(did you mean 'data'" \
  run ./few.lua --data pbc.csv --map map.lua --check
map 'columns = { tme = "time" }'
check "a column that is none" 2 "columns names 'tme'.*did you mean 'time'" \
  run ./few.lua --data pbc.csv --map map.lua --check
sed -i 's/type = "real" }/type = "real", unit = "months" }/' few.lua
map 'units = { time = "days" }'
check "a unit of the file" 0 'time +time +real, months +0 +1.34702 to 149.684' \
  run ./few.lua --data pbc.csv --map map.lua --check

for topic in roles map share; do
  check "help $topic" 0 "^(Roles|A site's map|lobule run)" help $topic
done

# ---- Signed after the run
if command -v ssh-keygen >/dev/null 2>&1; then
  ssh-keygen -q -t ed25519 -N '' -C '' -f key
  check "signed later" 0 'written' recipe sign ./named.lua --key key
  check "is told, not called an edit" 0 'signed since the report was made' verify named.html
  check "a report of the signed recipe" 0 'written' run ./named.lua --data pbc.csv -o signed.html
  rm named.lua.sig
  check "a signature that is gone" 1 "the recipe's signature: the report says 'signed by" verify signed.html
else
  result "signatures # SKIP ssh-keygen is not installed (openssh-client)" ok
fi
finish
