package scene

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"time"

	"orpheus.example/bench/result"
	"orpheus.example/bench/stand"
)

// Start is the scenario of how soon the shop is there.
const Start = "start"

// start times two things: our daemons from their start, with the servers up,
// until all of them serve, and until an order that waits for them is delivered;
// and the same for the shop in one process, a new one.
func start(b *Bench) []piece {
	pieces := []piece{{"daemons", b.takes(0, 0), func(ctx context.Context) error {
		return b.shop(ctx, result.Bundled, 1, func(s *stand.Stand) error { return b.startDaemons(ctx, s) })
	}}}
	for _, mode := range []result.Mode{result.OnFile, result.InMind} {
		pieces = append(pieces, piece{string(mode), boxStartTakes, func(ctx context.Context) error { return b.startBox(ctx, mode) }})
	}
	return pieces
}

// boxStartTakes is what the program takes to start, deliver one order, and end.
const boxStartTakes = 2 * time.Second

func (b *Bench) startBox(ctx context.Context, mode result.Mode) error {
	begun := time.Now()
	//nolint:gosec // this program itself
	if text, err := exec.CommandContext(ctx, b.Program, "first", string(mode)).CombinedOutput(); err != nil {
		return fmt.Errorf("first order of a shop in one process: %w\n%s", err, text)
	}
	return b.time(Start, mode, map[string]float64{"delivered ms": milliseconds(time.Since(begun))})
}

func (b *Bench) startDaemons(ctx context.Context, s *stand.Stand) error {
	if err := stock(ctx, s, 10); err != nil {
		return err
	}
	// The queues and the item's price are there, as after every start but the first.
	first, err := place(ctx, s)
	if err != nil {
		return err
	}
	if err := delivered(ctx, s, first); err != nil {
		return err
	}
	for _, name := range s.Stack.Names() {
		if _, err := s.Stack.Stop(name); err != nil {
			return err
		}
	}
	begun := time.Now()
	for _, name := range s.Stack.Names() {
		if err := s.Stack.Launch(name); err != nil {
			return err
		}
	}
	if err := s.Serving(ctx); err != nil {
		return err
	}
	ready := time.Since(begun)
	id, err := place(ctx, s)
	if err != nil {
		return err
	}
	if err := delivered(ctx, s, id); err != nil {
		return err
	}
	return b.time(Start, s.Mode, map[string]float64{
		"ready ms": milliseconds(ready), "delivered ms": milliseconds(time.Since(begun)),
	})
}

// First opens a new shop in this process, places one order, and returns when it
// is delivered: what the program does for the scenario of starting.
func First(ctx context.Context, mode result.Mode, out io.Writer) error {
	s, err := stand.OpenBox(ctx, mode)
	return with(s, err, func(s *stand.Stand) error {
		if err := stock(ctx, s, 1); err != nil {
			return err
		}
		id, err := place(ctx, s)
		if err != nil {
			return err
		}
		if err := delivered(ctx, s, id); err != nil {
			return err
		}
		_, err = fmt.Fprintln(out, id)
		return err
	})
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
