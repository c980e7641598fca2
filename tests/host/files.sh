#!/bin/sh
# Files in trouble: a full disk, a process killed while it saves, inputs that are no files or change
# while they are read. Prints TAP; run from the top folder with LOBULE_PROGRAM naming the program.
# KILLS: how often three processes are killed (34).
program=${LOBULE_PROGRAM:-build/lobule}
case $program in /*) ;; *) program=$PWD/$program ;; esac
folder=$(mktemp -d)
disk=$folder/disk
trap 'umount "$disk" 2>/dev/null; rm -rf "$folder"' EXIT
unset LOBULE_THREADS OMP_NUM_THREADS
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

skip() {
  n=$((n + 1))
  echo "ok $n - $1 # SKIP $2"
}

# What can be written: save WHAT FILE ROWS [again] saves once, or for ever. The words go through the
# environment: reports show the command line, and these must not differ by it.
cat >"$folder/save.lua" <<'END'
local lb = require "lobule"
local what, path, rows = os.getenv "WHAT", os.getenv "FILE", tonumber(os.getenv "ROWS")
local again = os.getenv "AGAIN" ~= ""
local function frame(n)
  local x, s = {}, {}
  for i = 1, n do x[i], s[i] = i * 1.25, "text " .. i end
  return lb.frame { { "x", x }, { "s", s, "text" } }
end
local function report(n)
  local cells = {}
  for i = 1, n do cells[i] = { "row " .. i, tostring(i) } end
  return lb.report { title = "Rows" }:add(lb.table { caption = "All",
    columns = { { label = "a" }, { label = "b" } }, rows = cells })
end
local function figure()
  local km = lb.survival.km("Surv(x, e) ~ 1", frame(200):mutate { "e = x > 3" })
  return km:plot { width_mm = 170 }
end
local WAYS = { html = report, docx = report, md = report, json = report, png = figure }
local function save(n)
  local object = (WAYS[what] or frame)(n)
  object:save(path, (what == "db") and { replace = true } or nil)
end
if again then
  -- Two versions in turn; made once, so that nearly all of the time is spent in saving.
  local make = WAYS[what] or frame
  local one, two = make(rows), make(rows + 1)
  one:save(path)
  io.open(path .. ".begun", "w"):close()
  while true do two:save(path) one:save(path) end
end
save(rows)
END

save() { WHAT=$1 FILE=$2 ROWS=$3 AGAIN=$4 "$program" "$folder/save.lua" 2>&1; }

# ---- A full disk: the error names file and cause, the old file stays, nothing else is left --------

full() { # full WHAT ROWS SMALL
  file=$disk/a.$1
  rm -rf "${disk:?}"/*
  save "$1" "$file" "$3" >/dev/null || { result "$1 on a small disk" bad "not even a small one"; return; }
  before=$(cksum <"$file")
  head -c 10m /dev/zero >"$disk/filler" 2>/dev/null
  out=$(save "$1" "$file" "$2")
  status=$?
  left=$(ls -A "$disk" | tr '\n' ' ')
  if [ $status -ne 1 ] || ! echo "$out" | grep -q "a\.$1.*disk is full"; then
    result "a full disk, $1" bad "status $status: $out"
  elif [ "$(cksum <"$file")" != "$before" ]; then
    result "a full disk, $1" bad "the old file changed"
  elif [ "$left" != "a.$1 filler " ]; then
    result "a full disk, $1" bad "left over: $left"
  else
    result "a full disk, $1" ok
  fi
}

mkdir "$disk"
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=1m tmpfs "$disk" 2>/dev/null; then
  for what in csv xlsx html docx json sav dta xpt db; do full $what 20000 20; done
  full png 1 1
  umount "$disk"
else
  skip "a full disk" "a small file system can be mounted by root only"
fi

# Where files may not grow beyond a limit the system sends a signal that would end the process.
echo "old" >"$folder/limited.csv"
out=$(ulimit -f 8; save csv "$folder/limited.csv" 20000)
status=$?
if [ $status -eq 1 ] && [ "$(cat "$folder/limited.csv")" = old ] &&
  echo "$out" | grep -q "cannot write '.*limited.csv': File too large" && [ "$(echo "$folder"/.l*)" = "$folder/.l*" ]; then
  result "a limit on the size of files" ok
else
  result "a limit on the size of files" bad "status $status: $out"
fi

# ---- Killed while saving: the old file or the new one, whole --------------------------------------

kills=${KILLS:-34}
work=$folder/kill
mkdir "$work"
for what in csv xlsx html; do
  save $what "$work/old.$what" 1000 >/dev/null
  save $what "$work/new.$what" 1001 >/dev/null
done
i=0 bad=''
while [ $i -lt "$kills" ]; do
  i=$((i + 1))
  pids=''
  for what in csv xlsx html; do
    rm -f "$work/a.$what" "$work/a.$what.begun"
    WHAT=$what FILE=$work/a.$what ROWS=1000 AGAIN=yes "$program" "$folder/save.lua" >/dev/null 2>&1 &
    pids="$pids $!"
  done
  waited=0
  while [ $waited -lt 1000 ] && { [ ! -e "$work/a.csv.begun" ] || [ ! -e "$work/a.xlsx.begun" ] || [ ! -e "$work/a.html.begun" ]; }; do
    sleep 0.005
    waited=$((waited + 1))
  done
  sleep "$(printf '0.%04d' $((i * 29 % 500)))"
  kill -9 $pids
  wait $pids 2>/dev/null
  for what in csv xlsx html; do
    cmp -s "$work/a.$what" "$work/old.$what" || cmp -s "$work/a.$what" "$work/new.$what" || bad="$bad $what:$i"
  done
done
left=$(ls -A "$work" | grep -c '^\.a\.')
other=$(ls -A "$work" | grep -v '^\.a\.[a-z]*\.[a-z0-9]\{6\}$' | grep -v '^\(a\|old\|new\)\.')
if [ -z "$bad$other" ]; then
  result "killed at $((3 * kills)) moments of saving csv, xlsx and html" ok
  echo "# left over: $left temporary files .a.EXTENSION.XXXXXX"
else
  result "killed at $((3 * kills)) moments of saving csv, xlsx and html" bad "half a file:$bad; left over: $other"
fi

# ---- What is no file ------------------------------------------------------------------------------

# refused NAME PATTERN EXPRESSION
refused() {
  out=$(timeout 20 "$program" -e "$3" 2>&1)
  status=$?
  if [ $status -eq 1 ] && printf '%s\n' "$out" | grep -Eq -e "$2"; then
    result "$1" ok
  else
    result "$1" bad "status $status: $out"
  fi
}

for end in csv xlsx sav db; do
  mkdir "$folder/dir.$end"
  refused "a folder as $end" "dir.$end' is a folder, not a file" "lb.read('$folder/dir.$end')"
  ln -s /dev/zero "$folder/zero.$end"
  refused "a device as $end" "zero.$end' is a device, not a file" "lb.read('$folder/zero.$end')"
done
refused "saving to a folder" "dir.csv' is a folder" \
  "lb.frame{{'a',{1}}}:save('$folder/dir.csv')"

mkfifo "$folder/pipe.csv"
{ echo "a,b"; echo "1,2"; } >"$folder/pipe.csv" &
out=$("$program" -e "print(#lb.read('$folder/pipe.csv'))" 2>&1)
wait
[ "$out" = 1 ] && result "a named pipe is read" ok || result "a named pipe is read" bad "$out"

# Ctrl-C while a pipe gives bytes for ever.
yes 1,2 >"$folder/pipe.csv" 2>/dev/null &
writer=$!
"$program" -e "lb.read('$folder/pipe.csv')" >/dev/null 2>&1 &
reader=$!
sleep 0.3
kill -INT $reader 2>/dev/null
wait $reader
status=$?
kill $writer 2>/dev/null
wait $writer 2>/dev/null
[ $status -eq 130 ] && result "Ctrl-C stops an endless pipe" ok || result "Ctrl-C stops an endless pipe" bad "status $status"

if [ "$(id -u)" = 0 ]; then
  skip "a file without permission" "root may read everything"
else
  echo a >"$folder/secret.csv"
  chmod 000 "$folder/secret.csv"
  refused "a file without permission" "no permission to read '.*secret.csv'" "lb.read('$folder/secret.csv')"
fi

# 200 MB of blanks in 200 kB, where a process may have 300 MB.
head -c 200m /dev/zero | tr '\0' ' ' | gzip -1 >"$folder/bomb.csv"
if [ -n "$SAN" ]; then
  skip "a gzip file that unpacks to more than there is" "a sanitizer needs address space"
else
  out=$(ulimit -v 300000; "$program" -e "lb.read('$folder/bomb.csv')" 2>&1)
  status=$?
  if [ $status -eq 1 ] && echo "$out" | grep -q "bomb.csv: the gzip file unpacks to more than half"; then
    result "a gzip file that unpacks to more than there is" ok
  else
    result "a gzip file that unpacks to more than there is" bad "status $status: $out"
  fi
fi

# ---- Links, and a file that is both read and written ---------------------------------------------

echo "a
1" >"$folder/target.csv"
ln -s target.csv "$folder/link.csv"
"$program" -e "lb.frame{{'a',{2}}}:save('$folder/link.csv')"
if [ -L "$folder/link.csv" ] && [ "$(cat "$folder/target.csv")" = "$(printf 'a\n2')" ]; then
  result "saving through a link writes its target" ok
else
  result "saving through a link writes its target" bad "$(ls -l "$folder")"
fi

out=$("$program" - 2>&1 <<END
local lb = require "lobule"
local path = "$folder/same.csv"
local n = 300000
local x = {}
for i = 1, n do x[i] = i end
lb.frame { { "x", x } }:save(path)                -- large enough to be mapped
local rest = lb.read(path):filter("x % 3 == 0"):mutate { "y = x * 2" }
rest:save(path)
local again = lb.read(path)
assert(#again == n // 3 and again:column("y")[1] == 6 and rest:column("x")[n // 3] == n)
rest:filter("x > 9"):save(path)
assert(#lb.read(path) == n // 3 - 3)
END
)
[ -z "$out" ] && result "saving over the file a frame came from" ok || result "saving over the file a frame came from" bad "$out"

# ---- Files cut short or rewritten while they are read ---------------------------------------------

"$program" - <<END
local lines = {}
for i = 1, 400000 do lines[i] = i .. ",abc," .. i * 0.5 end
local file = io.open("$folder/whole.csv", "w")
file:write("id,word,x\n", table.concat(lines, "\n"), "\n")
file:close()
END
i=0 bad=''
while [ $i -lt 12 ]; do
  i=$((i + 1))
  cp "$folder/whole.csv" "$folder/cut.csv"
  "$program" -e "local ok, e = pcall(lb.read, '$folder/cut.csv')
    e = ok and #e .. ' rows' or tostring(e)
    for _, fine in ipairs { '^400000 rows', '^1 rows', 'changed by another program', 'the file is empty' } do
      if e:find(fine) then e = 'fine' end
    end
    print(e)" >"$folder/said" 2>&1 &
  reader=$!
  sleep "$(printf '0.%03d' $((i * 7 % 80)))"
  printf 'id,word,x\n1,a,2\n' >"$folder/cut.csv"
  wait $reader
  status=$?
  [ $status -eq 0 ] && [ "$(cat "$folder/said")" = fine ] || bad="$bad $status:$(cat "$folder/said")"
done
[ -z "$bad" ] && result "a file cut short while it is read" ok || result "a file cut short while it is read" bad "$bad"

[ $failed -eq 0 ]
