#!/usr/bin/env bash
# The program must run on Amazon Linux 2023: glibc 2.34, and nothing else of the system's libraries.
set -euo pipefail

program=$(dirname "$0")/../build/bootstrap
count=0

# check NAME FINDINGS — passes where there are none.
check() {
  count=$((count + 1))
  if [[ -z $2 ]]; then
    echo "ok $count - $1"
  else
    echo "not ok $count - $1"
    echo "# ${2//$'\n'/$'\n'# }"
  fi
}

needed=$(readelf --dynamic --wide "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
check "needs glibc alone" "$(grep -vE '^(libc|libm|libdl|libpthread|ld-linux-(x86-64|aarch64))\.so\.[0-9]+$' <<< "$needed" || true)"
check "needs glibc" "$(grep -q '^libc\.so\.6$' <<< "$needed" || echo "it needs: $needed")"

# Of two versions, `sort -V` puts the newer last: what it puts behind 2.34 is too new.
newer=$(readelf --version-info --wide "$program" | grep -o 'Name: GLIBC_[^ ]*' | sort -u | sed 's/.*GLIBC_//' |
  while read -r version; do
    [[ $(printf '%s\n2.34\n' "$version" | sort -V | tail -n 1) == 2.34 ]] ||
      { echo "GLIBC_$version:"; readelf --dyn-syms --wide "$program" | grep -F "GLIBC_$version"; } || true
  done)
check "needs nothing newer than GLIBC_2.34" "$newer"

echo "1..$count"
