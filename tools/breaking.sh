#!/usr/bin/env bash
# Refuses a contract that breaks what was released. Rules: buf's FILE, the
# strictest set, for services, facts and records alike; see buf.yaml.
#
#   tools/breaking.sh            compares proto/ with proto/baseline.binpb
#   tools/breaking.sh --release  the same, then makes proto/ the new baseline
#
# The baseline is the contract as last released. Comparing with it, not with a
# branch, means that what is not yet released may still change its mind, and
# that the answer does not depend on the history a checkout happens to have.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly baseline=proto/baseline.binpb

release=no
case "${1-}" in
  "") ;;
  --release) release=yes ;;
  *)
    echo "usage: tools/breaking.sh [--release]" >&2
    exit 2
    ;;
esac

tools/install.sh go
tools/imports.sh
export PATH="$PWD/.bin:$PATH"

if [[ -e $baseline ]]; then
  buf breaking proto --against "$baseline" --exclude-imports
elif [[ $release == no ]]; then
  echo "breaking.sh: $baseline is missing" >&2
  exit 1
fi

if [[ $release == yes ]]; then
  # Comments may change at any time, so they are not part of it.
  buf build proto --exclude-source-info -o "$baseline"
fi
