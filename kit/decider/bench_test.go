package decider_test

import (
	"fmt"
	"math"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
	"orpheus.example/kit/sqlitelog"
)

// places are the logs that deciding is measured on.
var places = map[string]func(*testing.B) eventlog.Store{
	"pglog": func(b *testing.B) eventlog.Store {
		b.Helper()
		return must(pglog.Open(b.Context(), pglog.Config{URL: servertest.Database(b)}))(b)
	},
	"sqlitelog": func(b *testing.B) eventlog.Store {
		b.Helper()
		return must(sqlitelog.Open(b.Context(), sqlitelog.Config{Path: filepath.Join(b.TempDir(), "log"), Durable: true}))(b)
	},
}

func must[L eventlog.Store](log L, err error) func(*testing.B) eventlog.Store {
	return func(b *testing.B) eventlog.Store {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { log.Close() })
		return log
	}
}

// BenchmarkAsk has many orders take one piece each, all of the same item or each
// of one among a thousand.
func BenchmarkAsk(b *testing.B) {
	for place, open := range places {
		b.Run(place, func(b *testing.B) {
			h := newShelves(open(b))
			for _, of := range []int{1, 1000} {
				mustFill(b, h, items(of), math.MaxInt32)
			}
			for name, of := range map[string]int{"hot": 1, "spread": 1000} {
				for _, askers := range []int{64, 256} {
					b.Run(fmt.Sprintf("%s/askers=%d", name, askers), func(b *testing.B) { benchmarkAsk(b, h, of, askers) })
				}
			}
		})
	}
}

func benchmarkAsk(b *testing.B, h *shelves, of, askers int) {
	b.Helper()
	names, run := items(of), uuid.NewString()
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for range askers {
		wg.Go(func() {
			for n := int(next.Add(1)); n <= b.N; n = int(next.Add(1)) {
				cause := because()
				cause.Mark = &eventlog.Mark{Consumer: "bench", ID: cause.ID}
				if _, err := h.AskAll(b.Context(), cause, []decider.Reaction[take]{
					{To: orderStream(run, n), Do: take{items: []string{names[n%of]}}},
				}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "units/s")
}
