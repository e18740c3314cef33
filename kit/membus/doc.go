// Package membus is the bus inside one process, with a journal file if what is
// queued must outlive the process.
//
// A Broker holds the queues; each service connects its own bus.Bus to it, and
// so may several replicas of one:
//
//	             ┌──────────── Broker ────────────┐
//	Publish ──▶  │ journal ──▶ payment.0 payment.1 │ ──▶ Receive
//	             │             notify.0  notify.1  │ ◀── Ack
//	             │   Reject ─▶ payment.dead        │
//	             └────────────────────────────────┘
//
// It keeps the promises of package bus, which bustest checks, as it does those
// of RabbitMQ. Connections break when Break is called, and the broker is away
// between Stop and Start: hearers and sayers meet here what they meet there.
//
// # What outlives what
//
// Without a journal all queues end with the process. A relay whose cursor has
// moved past a fact does not say it again, so that is for tests, and for stores
// that end with the process as well.
//
// With one, Publish confirms a message once it is in the file. Kill -9 loses
// nothing then: what was written is the system's, not the process's. Unless
// NoSync is set it is also on disk, so that power may fail. Settlements are
// written but not waited for, so a loss of power brings some messages again,
// as brokers do. If the disk is full, what is published is refused until there
// is room; if it fails, until the broker is started again.
//
// The other way would have been to confirm only what every hearer has settled,
// and to keep no file. It was not taken, because it changes what Publish means:
// a hearer that is away would stop all who say what it hears, and a loop that
// steps sayer and hearer in turn would wait for itself.
//
// # Order
//
// The bus starts no goroutines, reads no clock and rolls no dice: whatever
// happens, happens within a call. Called from one goroutine it does the same
// each time. Of one partition the oldest message goes first, also when it comes
// again; partitions take turns; Config.Next can have it otherwise. More than
// that nobody should count on, as the promise of package bus holds no order.
//
// # Limits
//
// A queue holds Cap messages, unsettled and dead ones included. Beyond that,
// what would go there is refused and stays in its sayer's log. Bodies are
// shared between hearers, who must not write to them. Deliveries are not
// counted over a crash: a message that kills its hearer kills the whole
// process, each time it is started, until it is taken out by hand.
package membus
