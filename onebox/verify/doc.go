// Package verify is the reconciler: it reads what the five services say of every
// order, and what the payment provider, the carriers and the mail server have
// in their own books, and sees whether all of it is the same story.
//
// It asks only what anybody may ask, over gRPC and HTTP, so the same code runs
// in tests, in the demo, from the command line and against production. It
// changes nothing and may run at any time. What it reads it reads while the
// shop goes on, so an order that is under way, or that moves while it is read,
// is held to less: that it waits for something it can name, and that its time
// is not up. An order that has ended is held to everything.
//
// What cannot be seen from outside is not checked here: what is in the logs of
// the services beside the orders, and what was received into stock, unless the
// caller knows it (Config.Received).
package verify
