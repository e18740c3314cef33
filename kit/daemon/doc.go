// Package daemon is the life of a process: how it starts, is found ready, and
// ends.
//
//	parse ─▶ telemetry ─▶ admin ─▶ Open: wait for stores ─▶ gRPC ─▶ loops ─▶ ready
//	                                                                          │
//	        SIGTERM, SIGINT, or a loop that ends by itself ◀──────────────────┘
//	          │
//	not serving ─▶ drain ─▶ calls end ─▶ loops end ─▶ stores close ─▶ telemetry flushed
//
// What is promised:
//
//   - A process that cannot reach its stores waits for them, alive and not ready,
//     and says so in its log now and then.
//   - Ready means that the service's own store answers. A broker that is away
//     leaves a service ready: what it has to say waits in its log.
//   - Each step of the end has its own time, after which it is abandoned and the
//     next begins; the whole takes less than StopWithin. Should even that fail,
//     the process writes down what all its goroutines do, and exits. A second
//     signal ends it at once.
//   - Ending at any point, in any way, loses nothing: what is committed is
//     committed, and what is not was not answered. An orderly end only saves
//     others the wait.
//   - A loop that panics, or returns before it is told to, ends the process: a
//     service that has lost one of its loops looks well and is not.
//
// Exit codes: 0 after an orderly end, 1 after a fault, 2 for settings that make
// no sense.
//
// Signals, settings and exits are the business of this package alone; goroutines
// are that of this package and of package loop.
package daemon
