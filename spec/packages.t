#!/usr/bin/env bash
# Every group of packages that something in the checkout has installed is one that scripts/install-packages knows.
set -euo pipefail
cd "$(dirname "$0")/.."

known=$(sed -n 's/^    \([a-z]*\)) .*/\1/p' scripts/install-packages)
# Lines that call it: those of the Makefile and of scripts.
asked=$(grep -rhoE '(@|^ *)scripts/install-packages( [a-z]+)+' Makefile spec/*.mk scripts .ci | sed 's/.*install-packages //' |
  tr ' ' '\n' | sort -u)

count=0
for group in $asked; do
  count=$((count + 1))
  verdict='not ok'
  [[ $'\n'$known$'\n' != *$'\n'"$group"$'\n'* ]] || verdict=ok
  echo "$verdict $count - $group"
done
echo "1..$count"
