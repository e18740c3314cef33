package scene

import (
	"context"
	"fmt"

	"orpheus.example/bench/part"
	"orpheus.example/bench/result"
)

// parts measures the parts, and the bare commit at the rate that is half of what
// each of our modes has reached in this round.
func parts(b *Bench) []piece {
	return []piece{{"", standTakes + partLoads*b.quantities().part, b.parts}}
}

// partLoads is how many loads the parts are measured with, or a few more.
const partLoads = 12

func (b *Bench) parts(ctx context.Context) error {
	var rates []float64
	for _, mode := range []result.Mode{result.Single, result.Bundled} {
		if r := b.halfRate(mode); r > 0 {
			rates = append(rates, r)
		}
	}
	measured, err := part.Measure(ctx, part.Plan{
		Round: b.round, Each: b.quantities().part, Program: b.Program, Commits: rates,
		Progress: func(line string) { b.Say("  " + line) },
	})
	if err != nil {
		return err
	}
	c := measured.Costs
	b.Say(fmt.Sprintf("  a unit costs %.1f us of PostgreSQL and %.1f of Go; a message %.1f us to publish and %.1f to deliver; a call %.1f us",
		c.Unit, c.UnitClient, c.BrokerPublish, c.BrokerDeliver, c.Call))
	b.Results.Parts = append(b.Results.Parts, measured)
	return b.save()
}

// halfRate returns the rate asked for in the last run at half of saturation.
func (b *Bench) halfRate(mode result.Mode) float64 {
	runs := b.Results.Find(Half, mode)
	if len(runs) == 0 {
		return 0
	}
	return runs[len(runs)-1].Load.Rate
}
