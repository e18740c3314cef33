#!/usr/bin/env bash
# Generates gen/ from proto/.
#
#   tools/gen.sh          writes what has changed, removes what is no longer made
#   tools/gen.sh --check  writes nothing; fails if gen/ is not what would be made
#
# Everything is made in a scratch folder first, so that a failure in the middle
# leaves gen/ as it was, and others may build meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."

# What stands in gen/ without being generated, or is left there by other tools.
readonly others=(README.md doc.go go.mod go.sum package.json package-lock.json node_modules __pycache__)

check=no
case "${1-}" in
  "") ;;
  --check) check=yes ;;
  *)
    echo "usage: tools/gen.sh [--check]" >&2
    exit 2
    ;;
esac

tools/install.sh go clients
tools/imports.sh
export PATH="$PWD/.bin:$PWD/tools/node_modules/.bin:$PATH"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
buf generate proto -o "$scratch"
buf build proto -o "$scratch/gen/orpheus.binpb"
# The Python plugin writes a file without content for every file without a
# service.
find "$scratch/gen/python" -name '*_pb2_grpc.py' -exec grep -L '^class ' {} + | xargs -r rm

differences() {
  diff -rq "${others[@]/#/--exclude=}" "$scratch/gen" gen
}

if [[ $check == yes ]]; then
  if ! differences; then
    echo "gen.sh: gen/ is not what proto/ makes; run tools/gen.sh and commit" >&2
    exit 1
  fi
  exit 0
fi

skip=()
for name in "${others[@]}"; do
  skip+=(-name "$name" -prune -o)
done
(cd gen && find . "${skip[@]}" -type f -print) | while read -r file; do
  [[ -e $scratch/gen/$file ]] || rm "gen/$file"
done
(cd "$scratch/gen" && find . -type f) | while read -r file; do
  cmp -s "$scratch/gen/$file" "gen/$file" || install -D -m 644 "$scratch/gen/$file" "gen/$file"
done
