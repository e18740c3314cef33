// Package bench measures the shop: the real daemons on a real broker and real
// databases, beside a peer that is written the field's usual way and beside
// what this machine could do at most.
//
// The program is bench/cmd/bench; what it found is docs/bench.md.
package bench
