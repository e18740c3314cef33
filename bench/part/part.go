// Package part measures what the parts can do by themselves, each at its best:
// PostgreSQL behind the shop's own log, RabbitMQ behind a bare client, gRPC with
// the shop's interceptors, and protobuf. Package limit makes of it what a machine
// could do at most.
//
// Each part is measured while nothing else runs. What it costs is the processor
// time of the processes that take part, not the wall clock, so a figure holds for
// any number of cores.
package part

import (
	"context"
	"fmt"
	"time"

	"orpheus.example/bench/result"
	"orpheus.example/bench/stand"
)

// A Plan says how much is measured. All fields are required.
type Plan struct {
	Round    int
	Each     time.Duration // how long each part is measured
	Program  string        // this program, which can serve; see Serve
	Commits  []float64     // rates at which the bare commit is measured
	Progress func(line string)
}

// Measure measures all parts, on servers of their own.
func Measure(ctx context.Context, p Plan) (_ result.Parts, err error) {
	m := &measuring{Plan: p, out: result.Parts{Round: p.Round, Rates: map[string]float64{}}}
	if err := m.stand.OpenServers(ctx); err != nil {
		return m.out, err
	}
	defer func() {
		if closing := m.stand.Close(); err == nil {
			err = closing
		}
	}()
	for _, one := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"PostgreSQL", m.database}, {"RabbitMQ", m.broker}, {"gRPC", m.calls}, {"a bare commit", m.commits}, {"protobuf", m.protobuf},
	} {
		p.Progress("part: " + one.name)
		if err := one.run(ctx); err != nil {
			return m.out, fmt.Errorf("measure %s: %w", one.name, err)
		}
	}
	return m.out, nil
}

// A measuring is one round.
type measuring struct {
	Plan

	stand stand.Stand
	out   result.Parts
}

// used returns what the processes used while f ran, in microseconds by process,
// divided by how many things f says that it did.
func (m *measuring) used(ctx context.Context, f func(context.Context) (int64, error)) (each map[string]float64, perSecond float64, err error) {
	before, err := m.stand.Look(ctx, false)
	if err != nil {
		return nil, 0, err
	}
	n, err := f(ctx)
	if err != nil {
		return nil, 0, err
	}
	after, err := m.stand.Look(ctx, false)
	if err != nil {
		return nil, 0, err
	}
	cpu, _ := after.Since(before)
	each = map[string]float64{}
	for name, d := range cpu {
		each[name] = float64(d.Microseconds()) / float64(max(1, n))
	}
	return each, float64(n) / after.At.Sub(before.At).Seconds(), nil
}
