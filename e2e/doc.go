// Package e2e tries the whole shop from outside: the real programs on a real
// broker and real databases, driven only through gRPC, and compared in the end
// with the books of the world outside.
//
// What is tried here is what no smaller test can show: that five services which
// know nothing of each other bring every order to its end, whatever is killed
// meanwhile. Rules, orders of arrival and bad input are tried where they are
// decided.
package e2e
