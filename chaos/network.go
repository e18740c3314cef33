package chaos

import (
	"context"
	"time"

	"orpheus.example/chaos/proxy"
)

// Faults of connections, of one service or of all.

func toBroker(w *way) *proxy.Proxy   { return w.broker }
func toDatabase(w *way) *proxy.Proxy { return w.database }

func cutBroker(ctx context.Context, t *trial) error      { return t.cut(ctx, toBroker) }
func cutDatabase(ctx context.Context, t *trial) error    { return t.cut(ctx, toDatabase) }
func deafenBroker(ctx context.Context, t *trial) error   { return t.deafen(ctx, toBroker) }
func deafenDatabase(ctx context.Context, t *trial) error { return t.deafen(ctx, toDatabase) }
func stallBroker(ctx context.Context, t *trial) error    { return t.stall(ctx, toBroker) }
func stallDatabase(ctx context.Context, t *trial) error  { return t.stall(ctx, toDatabase) }
func slowBroker(ctx context.Context, t *trial) error     { return t.slow(ctx, toBroker) }
func slowDatabase(ctx context.Context, t *trial) error   { return t.slow(ctx, toDatabase) }

// pick chooses one service or all, and returns their ways.
func (t *trial) pick(to func(*way) *proxy.Proxy) []*proxy.Proxy {
	n := 1
	if t.luck.IntN(2) == 0 {
		n = len(services)
	}
	t.touch(t.some(n)...)
	var picked []*proxy.Proxy
	for _, name := range t.victims {
		picked = append(picked, to(t.ways[name]))
	}
	return picked
}

// cut cuts connections some times in short order: those that are new at once are
// cut while they are being set up.
func (t *trial) cut(ctx context.Context, to func(*way) *proxy.Proxy) error {
	picked := t.pick(to)
	for range 1 + t.luck.IntN(4) {
		for _, p := range picked {
			p.Cut(t.luck.Int64N(8 << 10)) // somewhere in the middle
		}
		pause(ctx, t.between(0, 400*time.Millisecond))
	}
	for _, p := range picked {
		p.Cut(0)
	}
	return t.passed(ctx)
}

// deafen makes connections half-open. Nobody is told, so what is measured is how
// long it takes to find out: until an order that was placed later is heard of. The
// server is told when all is well again.
func (t *trial) deafen(ctx context.Context, to func(*way) *proxy.Proxy) error {
	for _, p := range t.pick(to) {
		p.Deafen()
	}
	t.silent = true
	return t.passed(ctx)
}

func (t *trial) stall(ctx context.Context, to func(*way) *proxy.Proxy) error {
	picked := t.pick(to)
	for _, p := range picked {
		p.Stall()
	}
	pause(ctx, t.between(time.Second, 9*time.Second))
	return t.healWays(ctx, picked)
}

func (t *trial) slow(ctx context.Context, to func(*way) *proxy.Proxy) error {
	picked := t.pick(to)
	late := t.between(10*time.Millisecond, 150*time.Millisecond)
	for _, p := range picked {
		p.Slow(late)
	}
	pause(ctx, t.between(2*time.Second, 6*time.Second))
	return t.healWays(ctx, picked)
}

func (t *trial) healWays(ctx context.Context, picked []*proxy.Proxy) error {
	return t.heal(ctx, func() error {
		for _, p := range picked {
			p.Heal()
		}
		return nil
	})
}

// healAllWays puts all connections right, also those that were deafened.
func (s *shop) healAllWays() {
	for _, w := range s.ways {
		w.broker.Heal()
		w.database.Heal()
	}
}
