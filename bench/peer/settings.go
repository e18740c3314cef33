package peer

import (
	"cmp"
	"time"
)

// A Config says where the peer's servers are, and how it uses them. The first
// two are required. The others default to what serves the peer best; see README.md.
type Config struct {
	AMQPURL     string
	PostgresURL string // of the server: each service makes a database of its own in it

	// Name begins the names of databases, exchanges and queues, so that several
	// peers can share servers; "peer" if empty. Lower-case letters and digits.
	Name string

	Copies      int           // of each handler
	Prefetch    int           // messages that a copy of a handler has at hand
	Poll        time.Duration // how long a forwarder waits when its outbox is empty
	Batch       int           // messages that a forwarder reads at a time
	Channels    int           // in the pool of each forwarder's publisher
	Connections int           // to each database, at most

	// Quorum makes quorum queues instead of classic ones.
	Quorum bool
	// QueueSchema keeps the outbox in watermill-sql's queue schema, which loses
	// messages when it is closed while it works; so it is only for comparison.
	QueueSchema bool
}

// withDefaults returns c with what was left open.
func (c Config) withDefaults() Config {
	c.Name = cmp.Or(c.Name, "peer")
	c.Copies = cmp.Or(c.Copies, 8)
	c.Prefetch = cmp.Or(c.Prefetch, 1)
	c.Poll = cmp.Or(c.Poll, 10*time.Millisecond)
	c.Batch = cmp.Or(c.Batch, 100)
	c.Channels = cmp.Or(c.Channels, 4)
	c.Connections = cmp.Or(c.Connections, 12)
	return c
}
