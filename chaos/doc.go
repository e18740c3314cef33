// Package chaos runs the real programs over a real broker and real databases,
// under load, and breaks them: one thing at a time, and then two.
//
//	          ┌────────── faults ──────────┐
//	load ──▶ order payment … notify ──▶ proxies ──▶ RabbitMQ, PostgreSQL
//	 │           │                                       │
//	 └─ answers  └─ goroutines, memory        what is in the logs
//	      └──────────────────┴── verdict ────────────────┘
//
// What is done in which order follows from a seed: the deck of faults is made and
// shuffled by it, and each fault makes its choices by a generator of its own. When
// things happen does not follow from it, so a failure may not come again at once.
//
// After each fault everything is whole again, and it is measured how long it takes
// until all whom it touched handle messages again, until they have come to an order
// that was placed since, and whether they use as many goroutines, sockets and
// sessions as before. In the end the load stops, calls that got no answer are made
// once more, and all books are compared: the services', each other's and those of
// the outside world, order by order. At rest, services must use no more than under
// their first load.
//
// A run fails for what is lost, doubled, missing, stuck, inexact or leaked. What is late or
// busy depends on the machine, and is only told.
//
// The outside world, sandboxd, is not broken here. It is the witness.
package chaos
