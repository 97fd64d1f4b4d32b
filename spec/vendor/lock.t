#!/usr/bin/env bash
# vendor/lock, vendor/fetch and vendor/update, against a small mirror on 127.0.0.1. Prints TAP.
set -euo pipefail

vendor=$(cd "$(dirname "$0")/../../vendor" && pwd)
scratch=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server"; rm -rf "$scratch"' EXIT
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
    printf '# %s\n' "$*" "${output//$'\n'/$'\n# '}"
  fi
}

# ---- the lock itself ----

rows_are_whole() {
  awk '/^#/ || /^$/ { next }
    NF != 5 || $4 !~ /^pool\/main\/.*\/[^\/]+$/ || $5 !~ /^[0-9a-f]+$/ || length($5) != 64 { print; bad = 1 }
    END { exit bad }' "$vendor/lock"
}

# The models are the exception: two machines are to bundle the same bytes.
parts_have_two_sources() {
  awk '/^#/ || /^$/ { next }
    { suites[$1] = suites[$1] "," $3; all[$1] = 1 }
    END {
      for (part in all) if (part != "python-botocore" && !(suites[part] ~ /sid/ && suites[part] ~ /trixie/)) {
        print part ":" suites[part]; bad = 1
      }
      exit bad
    }' "$vendor/lock"
}

newest_comes_first() {
  diff <(awk 'NF == 5 && !/^#/ { print $1, $2 }' "$vendor/lock") \
    <(awk 'NF == 5 && !/^#/ { if (!($1 in n)) n[$1] = ++parts; print n[$1], $1, $2 }' "$vendor/lock" |
      sort -k1,1n -k3,3Vr | cut -d' ' -f2-)
}

check "every line of the lock has a file of the pool and a sha256" rows_are_whole
check "every part can come from sid and from trixie" parts_have_two_sources
check "the newest version of each part comes first" newest_comes_first

# ---- a mirror ----

pool=mirror/pool/main/p/part
mkdir -p "$pool"
echo "version 1" > "$pool/part_1.tar.xz"
echo "version 2" > "$pool/part_2.tar.xz"
sum_1=$(sha256sum < "$pool/part_1.tar.xz" | cut -d' ' -f1)
sum_2=$(sha256sum < "$pool/part_2.tar.xz" | cut -d' ' -f1)

python3 -u -m http.server --bind 127.0.0.1 --directory mirror 0 > server.log 2>&1 &
server=$!
until address=$(grep -oE 'http://127.0.0.1:[0-9]+' server.log); do
  kill -0 "$server"
  sleep 0.05
done

# lock_of "VERSION SUM"... — writes the lock that the next fetches read.
lock_of() {
  printf 'part %s\n' "$@" | awk '{ print $1, $2, "sid", "pool/main/p/part/part_" $2 ".tar.xz", $3 }' > lock
}

# fetch — as a machine without a cache, unless the check before has filled it.
fetch() {
  LUALAMBDA_LOCK=$PWD/lock LUALAMBDA_CACHE=$PWD/cache LUALAMBDA_MIRROR=${mirror:-$address} "$vendor/fetch" part
}

takes() {
  local path
  path=$(fetch 2> log) || { cat log; return 1; }
  cat log
  [[ $path == "$PWD/cache/downloads/part_$1.tar.xz" && $(< "$path") == "version $1" ]]
}

stops_with() {
  local text
  ! fetch > out 2>&1 || return 1
  cat out
  for text in "$@"; do grep -qF -- "$text" out || return 1; done
}

nothing_is_left() { ls -A cache/downloads; [[ -z $(ls -A cache/downloads) ]]; }

lock_of "2 $sum_2" "1 $sum_1"
check "the first version that is served is taken" takes 2
check "and the log names it, its suite and the mirror" grep -qF "part 2 (sid), from $address" log
mirror=http://127.0.0.1:1
check "a file that was downloaded before needs no mirror" takes 2
mirror=

rm -rf cache
lock_of "3 $sum_2" "1 $sum_1"
check "a version that is not served gives way to the next" takes 1
check "and the log says so" grep -q "part 3 (sid) is not served by $address: *404" log

rm -rf cache
lock_of "2 $sum_1" "1 $sum_1"
check "a wrong checksum stops the build with both sums" stops_with "wrong checksum" "$sum_1" "$sum_2"
check "and leaves no file" nothing_is_left

lock_of "3 $sum_1"
check "no version served at all is an error that names the part" stops_with "any version of 'part'"

lock_of "1 $sum_1"
check "a good file is fetched" takes 1
echo "torn" > cache/downloads/part_1.tar.xz
check "a damaged file in the cache is fetched again" takes 1

# ---- the mirror in apt's sources ----

# apt_reads FILE — gives apt the text of stdin as its only source list.
apt_reads() {
  rm -rf apt
  mkdir -p apt/sources.list.d apt/state/lists/partial apt/cache
  cat > "apt/$1"
  cat > apt/conf <<END
Dir::Etc::sourcelist "$PWD/apt/sources.list";
Dir::Etc::sourceparts "$PWD/apt/sources.list.d";
Dir::State "$PWD/apt/state";
Dir::Cache "$PWD/apt/cache";
END
}

mirrors_are() {
  local found
  # shellcheck source=vendor/mirror.sh
  found=$(unset LUALAMBDA_MIRROR && export APT_CONFIG=$PWD/apt/conf && . "$vendor/mirror.sh" && mirrors)
  echo "$found"
  [[ $found == "$1" ]]
}

apt_reads sources.list <<'END'
# deb http://commented.invalid/debian bookworm main
deb [arch=amd64] http://other.invalid/apt stable main

deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://one.invalid/debian bookworm main # why
deb http://one.invalid/debian-security bookworm-security main
deb-src http://two.invalid/pub/debian/ bookworm main contrib
END
check "one-line sources: options, comments, other archives" \
  mirrors_are $'http://two.invalid/pub/debian\nhttp://one.invalid/debian'

apt_reads sources.list.d/debian.sources <<'END'
# Signed-By: nobody
Types: deb
URIs: http://old.invalid/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb deb-src
URIs: http://three.invalid/debian/
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://three.invalid/debian-security/
Suites: bookworm-security
Components: main
END
check "deb822 sources: comments, disabled entries, security" mirrors_are http://three.invalid/debian

printf 'http://four.invalid/debian/\tpriority:1\nhttp://five.invalid/debian/\n' > debian.list
apt_reads sources.list <<< "deb mirror+file://$PWD/debian.list bookworm main"
check "a list of mirrors, as cloud images have it" \
  mirrors_are $'http://four.invalid/debian\nhttp://five.invalid/debian'

apt_reads sources.list < /dev/null
check "no archive at all" mirrors_are ""
no_mirror_at_all() { APT_CONFIG=$PWD/apt/conf fetch_unset > out 2>&1 || grep LUALAMBDA_MIRROR out; }
fetch_unset() {
  env -u LUALAMBDA_MIRROR LUALAMBDA_LOCK="$PWD/lock" LUALAMBDA_CACHE="$PWD/empty" "$vendor/fetch" part
}
check "is an error that names LUALAMBDA_MIRROR" no_mirror_at_all

# ---- newer versions ----

for suite in sid trixie; do
  mkdir -p "mirror/dists/$suite/main/source"
  xz > "mirror/dists/$suite/main/source/Sources.xz" <<END
Package: part
Version: 10-1
Checksums-Sha256:
 ffff 1 part_10-1.dsc
 $sum_2 10 part_10.orig.tar.xz
 eeee 1 part_10-1.debian.tar.xz
Directory: pool/main/p/part

Package: stranger
Version: 1
Checksums-Sha256:
 dddd 1 stranger_1.tar.xz
Directory: pool/main/s/stranger
END
done

update() { LUALAMBDA_LOCK=$PWD/lock LUALAMBDA_MIRROR=$address "$vendor/update" "$@"; }
proposes() { update > out 2>&1; cat out; grep -qE '^\+part +10 +sid,trixie .*part_10.orig.tar.xz +'"$sum_2" out; }
changes_nothing() { diff <(printf '%s\n' "$before") lock; }
writes() { update --write; awk '{ print $2 }' lock | diff - <(printf '10\n9\n'); }

lock_of "9 $sum_1"
before=$(< lock)
check "vendor/update proposes the newer version, once for both suites" proposes
check "and leaves the lock alone" changes_nothing
check "--write puts it first" writes

echo "1..$count"
(( failed == 0 ))
