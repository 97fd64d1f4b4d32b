#!/usr/bin/env bash
# vendor/build, with parts that take no time: which are built, and which the cache has. Prints TAP.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch"/{vendor,vendor/recipes,vendor/patches,sources}
cp "$(dirname "$0")/../../vendor/build" "$scratch/vendor"
cd "$scratch"

count=0 failed=0

# check NAME COMMAND... — one line of TAP; what the command printed, if it failed.
check() {
  local name=$1 output
  shift
  count=$((count + 1))
  if output=$("$@" 2>&1); then
    echo "ok $count - $name"
  else
    failed=$((failed + 1))
    echo "not ok $count - $name"
    output="$*: $output"
    echo "# ${output//$'\n'/$'\n'# }"
  fi
}

# ---- parts whose recipes write down that they ran ----

parts=(openssl curl luajit lua-cjson expat ca-certificates tzdata)
mkdir source
for part in "${parts[@]}"; do
  echo "the text of $part" > source/text
  tar -cf "sources/$part.tar" source
  cat > "vendor/recipes/$part" <<'END'
part=${0##*/}
echo "$part" >> "$BUILT"
cp text "$PREFIX/share/$part"
$AR rcD "$PREFIX/lib/lib$part.a"
END
done
cat >> vendor/recipes/curl <<'END'
[[ -e $PREFIX/lib/libopenssl.a ]]
END
cat >> vendor/recipes/lua-cjson <<'END'
[[ -e $PREFIX/lib/libluajit.a ]]
END
cat >> vendor/recipes/luajit <<'END'
echo "told: $SETTING" >> "$PREFIX/share/luajit"
END
touch vendor/script.py
sum=0123456789abcdef
echo "python-botocore 1 trixie pool/main/p/p.deb $sum" > vendor/lock
mkdir -p "cache/models-$sum/botocore/data"
cat > vendor/fetch <<END
#!/bin/sh
printf '$scratch/sources/%s.tar\n' "\$@"
END
chmod +x vendor/fetch

# patch_cjson TEXT — the part's patches, of which the second is of no use before the first.
patch_cjson() {
  printf -- '--- a/text\n+++ b/text\n@@ -1 +1 @@\n-the text of lua-cjson\n+%s\n' "$1" > vendor/patches/lua-cjson-a.patch
  printf -- '--- a/text\n+++ b/text\n@@ -1 +1,2 @@\n %s\n+twice\n' "$1" > vendor/patches/lua-cjson-b.patch
}

build() { BUILT=$scratch/built LUALAMBDA_CACHE=$scratch/cache vendor/build "$@"; }

# builds [--asserted] PART... — just these.
builds() {
  local options=()
  [[ ${1:-} != --* ]] || { options=("$1"); shift; }
  : > built
  build "${options[@]}" || return
  diff <(printf '%s\n' "$@" | sed '/^$/d' | sort) <(sort built)
}

holds() { diff <(printf '%s\n' "${@:2}") "$1"; }

# ---- what is built ----

patch_cjson "patched"
check "at first, all parts are built" builds "${parts[@]}"
check "build/vendor has them all" diff <(printf 'lib%s.a\n' "${parts[@]}" | sort) <(ls build/vendor/lib)
check "and the sources' names" grep -x "curl curl.tar" build/vendor/share/sources
check "patched" holds build/vendor/share/lua-cjson "patched" twice
check "a second time, nothing is built" builds

patch_cjson "patched otherwise"
check "another patch: the part that it is for" builds lua-cjson
check "which build/vendor then has" holds build/vendor/share/lua-cjson "patched otherwise" twice
patch_cjson "patched"
check "and back again: nothing is built" builds
check "and build/vendor is as before" holds build/vendor/share/lua-cjson "patched" twice

echo "# another" >> vendor/recipes/luajit
check "another recipe: its part, and what is compiled with it" builds luajit lua-cjson

tar -cf sources/openssl.tar --mtime=@1 source
echo "# moved" >> vendor/lock
check "another source: its part, and what is compiled with it" builds openssl curl

check "with assertions: another LuaJIT, and what is compiled with it" builds --asserted luajit lua-cjson
check "which is told so" holds build/vendor-asserted/share/luajit "the text of luajit" "told: -asserted"
check "and the other is not" holds build/vendor/share/luajit "the text of luajit" "told: "

# ---- what fails ----

fails() { ! build > out 2>&1 && cat out && grep -F "vendor: expat failed; the whole log is $scratch/cache/logs/" out; }
before=$(readlink build/vendor)
echo false >> vendor/recipes/expat
check "a part that fails is named, with its log" fails
check "build/vendor stays as it was" test "$(readlink build/vendor)" = "$before"
check "nothing half-built is left" test -z "$(ls -d cache/build.* 2> /dev/null)"
sed -i '$s/false/true/' vendor/recipes/expat
check "when it is repaired, it alone is built" builds expat

echo "1..$count"
(( failed == 0 ))
