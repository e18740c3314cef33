#!/usr/bin/env bash
# Validates docs/asyncapi.yaml with the official AsyncAPI parser. That it is what
# the code declares is tested by onebox/dance.
set -euo pipefail
cd "$(dirname "$0")/.."

# npm leaves a copy of the lock behind; as long as it is the newer one, nothing
# has changed.
if [[ ! tools/asyncapi/node_modules/.package-lock.json -nt tools/asyncapi/package-lock.json ]]; then
  npm ci --prefix tools/asyncapi --ignore-scripts --no-audit --no-fund --loglevel=error
fi
node tools/asyncapi/validate.mjs docs/asyncapi.yaml
