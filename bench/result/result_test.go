package result_test

import (
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/bench/result"
	"orpheus.example/onebox/load"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		values              []float64
		median, least, most float64
	}{
		"nothing": {nil, 0, 0, 0},
		"one":     {[]float64{3}, 3, 3, 3},
		"odd":     {[]float64{5, 1, 3}, 3, 1, 5},
		"even":    {[]float64{4, 1, 3, 2}, 2.5, 1, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := result.Of(c.values...)
			if got.N != len(c.values) || got.Median != c.median || got.Least != c.least || got.Most != c.most {
				t.Errorf("Of(%v) = %+v; want %g, %g to %g", c.values, got, c.median, c.least, c.most)
			}
		})
	}
}

func TestPerOrder(t *testing.T) {
	t.Parallel()
	r := result.Run{Delivered: 100, WAL: 2_000_000, CPU: map[string]time.Duration{"order": time.Second, "RabbitMQ": 2 * time.Second}}
	if one, all, wal := r.CPUPerOrder("order"), r.CPUPerOrder(""), r.WALPerOrder(); one != 10 || math.Abs(all-30) > 1e-9 || wal != 20_000 {
		t.Errorf("per order: %g ms of one process, %g of all, %g bytes; want 10, 30, 20000", one, all, wal)
	}
	if none := (result.Run{WAL: 1}); none.CPUPerOrder("") != 0 || none.WALPerOrder() != 0 {
		t.Error("nothing delivered, and there is a figure per order; want 0")
	}
}

func TestSaveAndLoad(t *testing.T) {
	t.Parallel()
	f := &result.File{
		Begun: time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC), Plan: result.Plan{Runs: 2, Duration: time.Minute},
		Runs: []result.Run{
			{Scene: "a", Mode: result.Single, Round: 1, Checked: true, Load: load.Report{DeliveredRate: 10}},
			{Scene: "a", Mode: result.Single, Round: 2, Checked: true, Load: load.Report{DeliveredRate: 20}},
			{Scene: "a", Mode: result.Single, Round: 3, Load: load.Report{DeliveredRate: 1000}}, // nobody knows what it lost
			{Scene: "a", Mode: result.Peer, Round: 1, Checked: true, Load: load.Report{DeliveredRate: 1}},
		},
		Timing: []result.Timing{{Scene: "b", Mode: result.Bundled, Values: map[string]float64{"ms": 7}}},
	}
	path := filepath.Join(t.TempDir(), "new", "results.json")
	if err := f.Save(path); err != nil {
		t.Fatal(err)
	}
	got, err := result.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if s := got.Spread("a", result.Single, result.Run.Rate); !cmp.Equal(s.Measured, []float64{10, 20}) {
		t.Errorf("Spread(a, single) = %+v; want 10 and 20", s)
	}
	if s := got.Timed("b", result.Bundled, "ms"); s.N != 1 || s.Median != 7 {
		t.Errorf("Timed(b, bundled, ms) = %+v; want 7", s)
	}
	if s := got.Timed("b", result.Bundled, "other"); s.N != 0 {
		t.Errorf("Timed(b, bundled, other) = %+v; want nothing", s)
	}
}
