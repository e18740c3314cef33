package scene

import (
	"time"

	"orpheus.example/bench/result"
	"orpheus.example/onebox/load"
)

// Quantities that differ between the forms of a bench.
type quantities struct {
	items int // that orders are spread over
	// How many orders are under way at saturation: enough for every commit and
	// every bundle to be full, and for none to wait for the generator. The peer's
	// handlers take one message each: more orders would only wait in its queues.
	// The shop in one process needs no round trips.
	window, peerWindow, boxWindow int
	backlog                       int
	idle                          time.Duration
	part                          time.Duration // for which each part is measured
	verify                        int           // orders that are read whole, at most
	drain                         time.Duration // how long orders may take to their end when no more come
	deadline                      time.Duration // of one call of the load
}

// How many events the long log holds before it is measured, by default.
const (
	Events      = 5_000_000
	BriefEvents = 1_000_000
	QuickEvents = 50_000
)

func (b *Bench) quantities() quantities {
	q := quantities{
		items: 1000, window: 2000, peerWindow: 200, boxWindow: 1000,
		backlog: 10_000, idle: time.Minute, part: 10 * time.Second, verify: 20_000, drain: 2 * time.Minute, deadline: load.DefaultDeadline,
	}
	switch b.Plan.Form {
	case result.Full:
	case result.Brief:
		q.part, q.verify, q.drain = 4*time.Second, 4000, time.Minute
	case result.Quick:
		q.items, q.window, q.peerWindow, q.boxWindow = 50, 100, 50, 100
		q.backlog, q.idle, q.part, q.verify = 200, 2*time.Second, 500*time.Millisecond, 100
		q.drain, q.deadline = 5*time.Minute, time.Minute // on a machine that has other things to do
	}
	return q
}
