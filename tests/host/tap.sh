# What the shell tests of the command line share: sourced at their head, from the top folder. Gives a
# folder of its own, `check`, `result` and `write`; at the end: finish.
program=${LOBULE_PROGRAM:-build/lobule}
case $program in /*) ;; *) program=$PWD/$program ;; esac
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export LOBULE_PROGRAM="$program"
unset LOBULE_LUA LOBULE_THREADS OMP_NUM_THREADS
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

# check NAME STATUS PATTERN ARGUMENT...: runs the program (standard input from $input), compares the
# exit status and looks for the pattern (an extended regular expression) in all that it printed.
input=/dev/null
check() {
  name=$1 want=$2 pattern=$3
  shift 3
  out=$("$program" "$@" <"$input" 2>&1)
  got=$?
  if [ "$got" -eq "$want" ] && printf '%s\n' "$out" | grep -Eq -e "$pattern"; then
    result "$name" ok
  else
    result "$name" bad "status $got, expected $want; output: $out"
  fi
}

# write FILE: standard input into a file of the test's folder.
write() { cat >"$folder/$1"; }

# finish: the plan, and the exit status.
finish() {
  echo "1..$n"
  [ "$failed" -eq 0 ]
}
