package sqlitelog_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"orpheus.example/kit/sqlitelog"
)

// places are where logs are measured.
var places = map[string]func(b *testing.B) sqlitelog.Config{
	"durable": func(b *testing.B) sqlitelog.Config { return sqlitelog.Config{Path: newPath(b), Durable: true} },
	"file":    func(b *testing.B) sqlitelog.Config { return sqlitelog.Config{Path: newPath(b)} },
	"memory":  func(*testing.B) sqlitelog.Config { return sqlitelog.Config{Memory: true} },
}

// BenchmarkAppend has callers that each append one unit after the other: a mark
// and an event of 600 bytes, in a stream of the caller's own. It reports units
// per second.
func BenchmarkAppend(b *testing.B) {
	for place, config := range places {
		for _, callers := range []int{1, 16, 64, 256} {
			b.Run(fmt.Sprintf("%s/callers=%d", place, callers), func(b *testing.B) {
				benchmarkAppend(b, mustOpen(b, config(b)), callers)
			})
		}
	}
}

func benchmarkAppend(b *testing.B, log *sqlitelog.Log, callers int) {
	b.Helper()
	var next atomic.Int64
	body := make([]byte, 600)
	b.ResetTimer()
	err := errors.Join(atOnce(callers, func(i int) error {
		for version := int64(0); next.Add(1) <= int64(b.N); version++ {
			u := unit(fmt.Sprint("stream", i), version)
			u.Events[0].Body = body
			if err := try(context.Background(), log, u); err != nil {
				return err
			}
		}
		return nil
	})...)
	b.StopTimer()
	if err != nil {
		b.Fatalf("Append = %v; want nil", err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "units/s")
}

// BenchmarkReadAll reads a log of events of 600 bytes from its beginning, page
// by page.
func BenchmarkReadAll(b *testing.B) {
	for place, config := range places {
		b.Run(place, func(b *testing.B) { benchmarkReadAll(b, mustOpen(b, config(b))) })
	}
}

func benchmarkReadAll(b *testing.B, log *sqlitelog.Log) {
	b.Helper()
	const events, page = 10_000, 256
	for version := int64(0); version < events; {
		u := unit("a", version)
		e := u.Events[0]
		e.Body, u.Events = make([]byte, 600), nil
		for range 1000 {
			version++
			e.Version = version
			u.Events = append(u.Events, e)
		}
		mustCommit(b, log, u)
	}
	var read int
	for b.Loop() {
		records, err := log.ReadAll(context.Background(), int64(read%events), page)
		if err != nil || len(records) == 0 {
			b.Fatalf("ReadAll = %d events, %v; want some, nil", len(records), err)
		}
		read += len(records)
	}
	b.ReportMetric(float64(read)/b.Elapsed().Seconds(), "events/s")
}
