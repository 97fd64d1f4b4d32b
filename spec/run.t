#!/usr/bin/env bash
# The test runner, on suites made for it: it must count honestly.
set -euo pipefail
unset BUILD EMULATOR # its suites are scripts

here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/spec" "$tree/scripts/lib"
cp "$here/run" "$tree/spec/run"
cp "$here/../scripts/lib/colours.py" "$tree/scripts/lib/colours.py"
printf '#!/bin/sh\ncommand -v python3\n' > "$tree/scripts/local-aws"
chmod +x "$tree/scripts/local-aws"
count=0
patterns=()

# check NAME SUITE LAST_LINE STATUS TEXT — the suite is a shell script in place of one that prints TAP; it is chosen
# by the patterns.
check() {
  local name=$1 suite=$2 last_line=$3 status=$4 text=$5 output got=0
  printf '#!/bin/sh\n%s\n' "$suite" > "$tree/spec/suite.t"
  chmod +x "$tree/spec/suite.t"
  output=$("$tree/spec/run" "${patterns[@]}" 2>&1) || got=$?
  count=$((count + 1))
  if [[ $(tail -n 1 <<< "$output") == "$last_line" && $got == "$status" && $output == *"$text"* ]]; then
    echo "ok $count - $name"
  else
    echo "not ok $count - $name"
    output="exit status $got: $output"
    echo "# ${output//$'\n'/$'\n'# }"
  fi
}

check "passes what passes" 'echo "1..2
ok 1 - one
ok 2 - two"' "2 passed, 0 failed" 0 "spec/suite.t"

check "shows a failure with its details" 'echo "not ok 1 - one
# because
ok 2
1..2"; exit 1' "1 passed, 1 failed" 1 "failed: one
        # because"

check "counts a skipped test as failed" 'echo "1..2
ok 1
ok 2 - # SKIP two"' "1 passed, 1 failed" 1 "skipped: # SKIP two"

check "fails a suite that runs no test" 'echo "1..0"' "0 passed, 1 failed" 1 "no test ran"

check "fails a suite that says it cannot run" 'echo "1..0 # SKIP no moon"' "0 passed, 1 failed" 1 "no test ran"

cp "$tree/spec/suite.t" "$tree/spec/other.t" # which fails
for pattern in spec/suite '!spec/other'; do
  patterns=("$pattern")
  check "runs what the pattern $pattern chooses" 'echo "1..1
ok 1"' "1 passed, 0 failed" 0 "spec/suite.t"
done
patterns=(spec/ '!spec/other' '!suite')
check "runs nothing where all is left out" 'echo "1..1
ok 1"' "0 passed, 0 failed" 1 ""
patterns=()
rm "$tree/spec/other.t"

mkdir "$tree/spec/deploy"
printf '#!/bin/sh\necho "1..0 # SKIP no Terraform"\n' > "$tree/spec/deploy/suite.t"
chmod +x "$tree/spec/deploy/suite.t"
check "tells which suite of a deployment cannot run, and why" 'echo "1..1
ok 1"' "1 passed, 0 failed" 0 "not run spec/deploy/suite.t: no Terraform"
rm -r "$tree/spec/deploy"

check "fails a suite that ends before its plan does" 'echo "1..3
ok 1"' "1 passed, 1 failed" 1 "1 tests ran, 3 were planned"

check "fails a suite without a plan" 'echo "ok 1"' "1 passed, 1 failed" 1 "1 tests ran, 0 were planned"

check "fails a suite that passes but exits badly" 'echo "1..1
ok 1"; echo trouble >&2; exit 3' "1 passed, 1 failed" 1 "ended with status 3
        on standard error:
        trouble"

check "fails a suite that a signal ends" 'echo "1..1
ok 1"; kill -SEGV $$' "1 passed, 1 failed" 1 "ended by signal SIGSEGV"

check "adds up several plans of one suite" 'echo "1..1
ok 1
1..1
ok 1"' "2 passed, 0 failed" 0 "2 passed"

check "keeps the caller's AWS settings away" "[ -z \"\${AWS_PROFILE+set}\" ] && echo '1..1
ok 1'" "1 passed, 0 failed" 0 ""

printf 'describe("nobody runs me", function() end)\n' > "$tree/stray.lua"
check "fails a file of tests that no suite runs" 'echo "1..1
ok 1"' "1 passed, 1 failed" 1 "holds tests, but no suite runs it"
rm "$tree/stray.lua"

# stray PATH — a file that is called as tests are, where none are looked for.
stray() {
  mkdir -p "$tree/$(dirname "$1")"
  touch "$tree/$1"
  check "fails $1, which no suite runs" 'echo "1..1
ok 1"' "1 passed, 1 failed" 1 "FAILED  $1"
  rm "$tree/$1"
}

stray functions/one/one_spec.lua
stray functions/one/spec/helper/test_helper.py
stray host/test_task.c
stray scripts/lib/some.t

echo "1..$count"
