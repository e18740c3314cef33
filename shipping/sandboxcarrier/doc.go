// Package sandboxcarrier speaks to one of the sandbox's carriers over HTTP. It is
// an example of an adapter: a real carrier is another package like this one.
//
// It repeats nothing and remembers nothing. Whoever calls has the keys, the
// patience and the circuit breaker.
package sandboxcarrier
