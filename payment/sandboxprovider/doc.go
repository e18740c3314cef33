// Package sandboxprovider speaks to the payment provider of the sandbox over
// HTTP. It is an example of an adapter: a real provider is another package like
// this one.
//
// It repeats nothing and remembers nothing. Whoever calls has the keys, the
// patience and the circuit breaker.
package sandboxprovider
