#!/usr/bin/env bash
# Checks the contract's form: every rule of buf's STANDARD and COMMENTS, and the
# layout that "buf format -w proto" writes.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/install.sh go
tools/imports.sh
export PATH="$PWD/.bin:$PATH"
buf lint
buf format -d --exit-code proto
