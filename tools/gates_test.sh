#!/usr/bin/env bash
# Shows that the gates of the contract are shut: plants one fault at a time in a
# copy of the tree and demands that the gate refuses it, for the right reason.
# Takes about a minute; the tree itself is never touched.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly root=$PWD

tools/install.sh go clients
tools/imports.sh

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
readonly copy=$scratch/copy
failed=0

# fresh makes a copy without faults. Tools are not copied but shared.
fresh() {
  rm -rf "$copy"
  mkdir -p "$copy/tools"
  cp -rp buf.yaml buf.gen.yaml proto gen third_party "$copy"
  cp -rp tools/*.* tools/protoimports "$copy/tools"
  ln -s "$root/.bin" "$copy/.bin"
  ln -s "$root/tools/node_modules" "$copy/tools/node_modules"
}

# refuses NAME WANT GATE... demands that the gate fails, saying WANT.
refuses() {
  local name=$1 want=$2 said
  shift 2
  if said=$("$copy/$1" "${@:2}" 2>&1); then
    echo "FAIL $name: $* accepts it"
    failed=1
  elif [[ $said != *"$want"* ]]; then
    echo "FAIL $name: $* refuses it, but says: $said"
    failed=1
  else
    echo "ok   $name: refused by $1"
  fi
}

# accepts NAME GATE... demands that the gate opens.
accepts() {
  local name=$1 said
  shift
  if said=$("$copy/$1" "${@:2}" 2>&1); then
    echo "ok   $name: accepted by $1"
  else
    echo "FAIL $name: $* refuses it and says: $said"
    failed=1
  fi
}

# edit FILE SED... changes a file of the copy, and fails if nothing changes.
edit() {
  local file=$copy/$1
  shift
  cp "$file" "$scratch/before"
  sed -i -E "$@" "$file"
  if cmp -s "$file" "$scratch/before"; then
    echo "FAIL nothing to edit in $file: $*"
    exit 1
  fi
}

# break_contract NAME WANT FILE SED... plants a change that breaks a client or a log.
break_contract() {
  fresh
  edit "$3" "${@:4}"
  refuses "$1" "$2" tools/breaking.sh
}

facts=proto/order/v1/order_facts.proto
records=proto/payment/v1/payment_records.proto
service=proto/order/v1/order_service.proto
shared=proto/order/v1/order.proto

fresh
accepts "tree as it is" tools/lint.sh
accepts "tree as it is" tools/breaking.sh
accepts "tree as it is" tools/gen.sh --check

fresh
edit "$facts" 's|^(message OrderPlaced \{)$|\1\n  // New and harmless.\n  string coupon = 9;|'
accepts "a new field" tools/breaking.sh
refuses "a new field that is not generated" "order_facts.pb.go differ" tools/gen.sh --check

break_contract "a fact's field renumbered" 'on message "OrderPlaced"' "$facts" 's/transaction_id = 4;/transaction_id = 14;/'
break_contract "a fact's field renamed" 'on message "OrderPlaced"' "$facts" 's/transaction_id = 4;/transaction = 4;/'
break_contract "a fact's field of another type" 'changed type from "int64" to "string"' "$facts" 's/int64 sequence = 2;/string sequence = 2;/'
break_contract "a fact's field removed" 'field "4" with name "transaction_id" on message "OrderPlaced" was deleted' "$facts" '/transaction_id = 4;/d'
break_contract "a fact removed" 'message "OrderConfirmed" was deleted' "$facts" 's/message OrderConfirmed/message OrderConfirmedForGood/'
break_contract "a record's field removed" 'on message "PaymentOpened" was deleted' "$records" '/string payment_token = 4;/d'
break_contract "a record removed" 'message "PaymentClosed" was deleted' "$records" 's/message PaymentClosed/message PaymentShut/'
break_contract "an enum value removed" 'enum value "4" on enum "CancelReason" was deleted' "$shared" '/CANCEL_REASON_EXPIRED = 4;/d'
break_contract "a call renamed" 'RPC "CancelOrder" on service "OrderService" was deleted' "$service" 's/rpc CancelOrder\(/rpc AbandonOrder(/'
break_contract "a call that streams no more" 'RPC "WatchOrder" on service "OrderService"' "$service" 's/returns \(stream WatchOrderResponse\)/returns (WatchOrderResponse)/'
break_contract "one field becomes many" 'changed cardinality' "$shared" 's/  (string customer_id = 1;)/  repeated \1/'
break_contract "another Go package" 'go_package' "$facts" 's/;orderv1"/;order"/'

fresh
rm "$copy/proto/baseline.binpb"
refuses "no baseline" "baseline.binpb is missing" tools/breaking.sh
accepts "a first release" tools/breaking.sh --release
edit "$facts" '/transaction_id = 4;/d'
refuses "a release that breaks the last one" "was deleted" tools/breaking.sh --release

fresh
edit "$facts" '/\/\/ The transaction that payment shall use/d'
refuses "a field without comment" "should have a non-empty comment" tools/lint.sh
fresh
edit "$facts" 's|  // The transaction that payment shall use.*|  // buf:lint:ignore COMMENT_FIELD|'
refuses "a lint rule switched off by a comment" "should have a non-empty comment" tools/lint.sh
fresh
edit "$shared" 's/CANCEL_REASON_EXPIRED/EXPIRED/'
refuses "an enum value without its prefix" "should be prefixed" tools/lint.sh
fresh
edit "$service" 's/line\.sku\)\.unique/line.stock).unique/'
refuses "a validation rule that does not compile" "undefined field 'stock'" tools/lint.sh
fresh
edit "$facts" 's/^  string order_id = 1;/ string   order_id = 1;/'
refuses "another layout" "order_facts.proto" tools/lint.sh

fresh
edit gen/go/order/v1/order.pb.go 's/OrderId/OrderID/'
refuses "Go code edited by hand" "order.pb.go differ" tools/gen.sh --check
fresh
rm "$copy/gen/python/order/v1/order_pb2.py"
refuses "Python code missing" "order_pb2.py" tools/gen.sh --check
fresh
touch "$copy/gen/ts/order/v1/gone_pb.js"
refuses "TypeScript code left behind" "gone_pb.js" tools/gen.sh --check
accepts "generating again" tools/gen.sh
accepts "generating again" tools/gen.sh --check
fresh
edit "$shared" 's|// OrderSummary is an order in a list\.|// OrderSummary is a row.|'
refuses "a descriptor set with old comments" "orpheus.binpb differ" tools/gen.sh --check
fresh
edit gen/go/go.mod 's/(google.golang.org.genproto v0.0.0-)2026/\12025/'
refuses "imports of another version than the runtime's" "in tools/protoimports" tools/imports.sh

exit $failed
