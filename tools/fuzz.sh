#!/usr/bin/env bash
# Runs every fuzz test of the workspace for a time each.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:?usage: tools/fuzz.sh TIME, as in 10s}

grep -rlE '^func Fuzz' --include='*_test.go' . | grep -v '^./tools/' | sort | while read -r file; do
  dir=$(dirname "$file")
  grep -oE '^func Fuzz[A-Za-z0-9_]*' "$file" | awk '{print $2}' | while read -r name; do
    echo "fuzz $dir $name"
    (cd "$dir" && go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" . </dev/null)
  done
done
