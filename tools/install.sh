#!/usr/bin/env bash
# Installs tools at their pinned versions. Every argument names a group:
#
#   go       buf, the Go plugins and grpcurl, into .bin     (tools/go.mod)
#   lint     golangci-lint, into .bin                       (tools/lint/go.mod)
#   clients  the TypeScript and Python plugins              (tools/package-lock.json, apt)
#
# What is there already is left alone, so that calling it again costs little.
set -euo pipefail
cd "$(dirname "$0")/.."

# The release that Debian 12 carries. Another one writes other Python code, and
# then "generated equals committed" could not be checked.
readonly protoc_version="libprotoc 3.21.12"

# The modules of the tools stand outside go.work: inside it their dependencies
# would take part in choosing the services' versions.
go_tools() {
  GOWORK=off GOBIN="$PWD/.bin" go -C "$1" install tool
}

npm_tools() {
  # npm leaves a copy of the lock behind; as long as it is the newer one,
  # nothing has changed.
  if [[ tools/node_modules/.package-lock.json -nt tools/package-lock.json ]]; then
    return
  fi
  npm ci --prefix tools --ignore-scripts --no-audit --no-fund --loglevel=error
}

# Debian packages are installed by root only; anybody else is told what to do.
debian_tools() {
  if ! command -v protoc >/dev/null || ! command -v grpc_python_plugin >/dev/null; then
    local install="apt-get install -y --no-install-recommends protobuf-compiler protobuf-compiler-grpc"
    if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
      echo "install.sh: protoc or grpc_python_plugin is missing; as root: $install" >&2
      exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $install >/dev/null
  fi
  if [[ $(protoc --version) != "$protoc_version" ]]; then
    echo "install.sh: protoc is $(protoc --version); want $protoc_version" >&2
    exit 1
  fi
}

for group in "$@"; do
  case $group in
    go) go_tools tools ;;
    lint) go_tools tools/lint ;;
    clients) npm_tools && debian_tools ;;
    *)
      echo "usage: tools/install.sh [go] [lint] [clients]" >&2
      exit 2
      ;;
  esac
done
