#!/usr/bin/env bash
# Prints what proto/ imports into third_party/, of the very versions that gen/go
# is built with. Nothing is written if nothing has changed.
set -euo pipefail
cd "$(dirname "$0")/.."

# version prints which version of a module the go.mod of a folder requires.
version() {
  awk -v module="$2" '$1 == module { print $2 }' "$1/go.mod"
}

for module in \
  buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go \
  google.golang.org/genproto; do
  printed=$(version tools/protoimports "$module")
  running=$(version gen/go "$module")
  if [[ $printed != "$running" ]]; then
    echo "imports.sh: $module is $printed in tools/protoimports, but $running in gen/go" >&2
    exit 1
  fi
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
GOWORK=off go -C tools/protoimports run . "$scratch/third_party"
if ! diff -rq "$scratch/third_party" third_party >/dev/null 2>&1; then
  rm -rf third_party
  cp -r "$scratch/third_party" third_party
fi
