// Package rabbitbus is the bus on RabbitMQ, 3.10 or newer.
//
// Facts go to one durable direct exchange under the key <type>.<partition>. Each
// hearer has a durable quorum queue for each partition, bound to the types it
// hears, and one more for its dead letters:
//
//	                          order.v1.OrderPlaced.0
//	Publish ──▶ orpheus.facts ──────────────────────▶ payment ──▶ Receive
//	            (direct)                                 │ Reject, or
//	                                                     │ delivered too often
//	            orpheus.dead  ◀──────────────────────────┘
//	            (direct)      ──────────────────────▶ payment.dead
//
// Facts of one key that are published together travel as one message if there are
// several, in the batched mode of CloudEvents, and one alone in its binary mode;
// docs/bundles.md has both, byte by byte. Whoever publishes knows no hearer, and
// no hearer is told how facts travel: each is a delivery of its own. A bundle is
// acknowledged once all of its facts are settled, and comes again as a whole if
// the connection breaks before.
//
// Whoever comes first declares what it needs, and declares it again on every
// new connection and, but for the queues, every so often in between, so that a broker which lost
// its data, or a queue that somebody deleted, is made whole without a restart.
// What was sent meanwhile is lost to that queue; its sayer still has it in its
// log and can send it again. Whoever deletes a queue should leave it to its
// hearers to make it anew: one that is declared within a few milliseconds takes
// over the old consumers, which get nothing (see queuePause).
//
// # Connections
//
// A bus keeps one connection to publish and one to consume, so that a broker
// that holds back publishers for want of memory still hands out messages and
// takes acks. Neither needs the broker to be there: they come up in the
// background, and again after each loss, within five seconds of the broker's
// return:
//
//	          dialled                     session ready
//	down ────────────────▶ connected ────────────────────▶ up
//	 ▲  ◀────────────────      │   ◀────────────────────    │
//	 │     pause, 0.1-2 s      │          channel died      │
//	 └─────────────────────────┴────────────────────────────┘
//	                     connection lost
//
// The recovery that the client library offers is not used: after it, the ack
// of an old delivery settles a new one that nobody has worked on, because both
// bear the same tag. Here each consuming session is an epoch, every delivery
// bears the epoch it came in, and an ack from an earlier one is passed over.
//
// No call hangs on a broker that does not answer. Writes to the socket have a
// deadline, reads end when heartbeats stay away, a confirm that does not come
// is answered by a new connection, and Close cuts what cannot be closed.
//
// # What must match
//
// All who use one broker must agree on Exchange, DeadExchange and Partitions.
// RabbitMQ does not change the arguments of a queue or an exchange that exists.
// If one is found with others, the log names it and says what to do, and the bus
// tries again until somebody has done it.
//
// Two things are left to whoever deploys. A type that a hearer no longer asks
// for stays bound until it is unbound by hand, because an older replica may
// still want it. And when Partitions changes, the queues of the old number
// must be drained and deleted.
package rabbitbus
