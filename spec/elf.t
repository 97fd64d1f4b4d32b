#!/usr/bin/env bash
# What the program's file says: it runs on Amazon Linux 2023 (glibc 2.34, and nothing else of the system's libraries),
# and it is hardened, its third-party parts included. $BUILD is the folder of a program for another processor.
set -euo pipefail

cd "$(dirname "$0")/.."
program=${BUILD:-build}/bootstrap
vendor=build/vendor
[[ ${BUILD:-build} == build ]] || vendor+=-${BUILD##*/}
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

# lacks TEXT PATTERN — says so where no line of the text matches.
lacks() { grep -qE "$2" <<< "$1" || echo "nothing matches $2"; }

dynamic=$(readelf --dynamic --wide "$program")
segments=$(readelf --segments --wide "$program")
symbols=$(readelf --dyn-syms --wide "$program")

needed=$(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<< "$dynamic")
check "needs glibc alone" "$(grep -vE '^(libc|libm|libdl|libpthread|ld-linux-(x86-64|aarch64))\.so\.[0-9]+$' <<< "$needed" || true)"
check "needs glibc" "$(lacks "$needed" '^libc\.so\.6$')"
check "looks for no library in a folder of its own" "$(grep -E '\((RPATH|RUNPATH)\)' <<< "$dynamic" || true)"

# Of two versions, `sort -V` puts the newer last: what it puts behind 2.34 is too new.
newer=$(readelf --version-info --wide "$program" | grep -o 'Name: GLIBC_[^ ]*' | sort -u | sed 's/.*GLIBC_//' |
  while read -r version; do
    [[ $(printf '%s\n2.34\n' "$version" | sort -V | tail -n 1) == 2.34 ]] ||
      { echo "GLIBC_$version:"; grep -F "GLIBC_$version" <<< "$symbols"; } || true
  done)
check "needs nothing newer than GLIBC_2.34" "$newer"

check "is position-independent" "$(lacks "$(readelf --file-header "$program")" 'Type: +DYN')$(lacks "$dynamic" 'FLAGS_1.*\bPIE\b')"
check "has its relocations made read-only at start, all of them" \
  "$(lacks "$segments" '^ +GNU_RELRO ')$(lacks "$dynamic" 'BIND_NOW|FLAGS_1.*\bNOW\b')"
check "changes no code at start" "$(grep -E '\(TEXTREL\)|FLAGS\).*TEXTREL' <<< "$dynamic" || true)"
check "has a stack without code" "$(lacks "$segments" '^ +GNU_STACK .* RW +0x')"
check "has no segment that is both writable and executable" "$(grep -E '^ +[A-Z_]+ +(0x[0-9a-f]+ +){5}.*W ?E' <<< "$segments" || true)"
check "guards its stack" "$(lacks "$symbols" ' __stack_chk_fail@')"
check "checks the bounds of what the C library writes" "$(lacks "$symbols" ' __(mem|str)[a-z]*_chk@')$(lacks "$symbols" ' __v?snprintf_chk@')"

# Every part has arrays on the stack, and calls that can be checked.
for file in "${BUILD:-build}"/obj/host/http.o "$vendor"/lib/*.a; do
  imported=$(readelf --symbols --wide "$file")
  check "${file##*/} guards its stack" "$(lacks "$imported" ' UND __stack_chk_fail')"
  check "${file##*/} checks the bounds of what the C library writes" "$(lacks "$imported" ' UND __[a-z]+_chk$')"
done

echo "1..$count"
