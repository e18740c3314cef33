// Package gen is the root of the code that tools/gen.sh makes from proto/: one
// package per contract, such as orpheus.example/gen/go/order/v1. Nothing below
// it is edited by hand. The services build on it, and so may a Go client.
package gen
