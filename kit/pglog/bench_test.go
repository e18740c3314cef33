package pglog_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
)

// BenchmarkAppend has callers that each append one unit after the other: a mark
// and an event of 600 bytes, in a stream of the caller's own. It reports units
// per second, and the write-ahead log that each costs.
func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) { benchmarkAppend(b, callers) })
	}
}

func benchmarkAppend(b *testing.B, callers int) {
	url := servertest.Database(b)
	log, conn, ctx := mustOpen(b, pglog.Config{URL: url}), mustConnect(b, url), context.Background()
	var next atomic.Int64
	errs := make(chan error, callers)
	before, cpu := written(b, conn), cpuOf(b, conn)
	b.ResetTimer()
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			body := make([]byte, 600)
			for version := int64(0); next.Add(1) <= int64(b.N); version++ {
				u := unit(fmt.Sprint("stream", i), version)
				u.Events[0].Body = body
				if err := try(ctx, log, u); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	group.Wait()
	b.StopTimer()
	select {
	case err := <-errs:
		b.Fatalf("Append = %v; want nil", err)
	default:
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "units/s")
	b.ReportMetric(float64(written(b, conn)-before)/float64(b.N), "WAL-B/unit")
	b.ReportMetric(float64((cpuOf(b, conn)-cpu).Microseconds())/float64(b.N), "pg-us/unit")
}

// BenchmarkLoad has units that come at a rate of their own, whether those before
// are committed or not. It reports how long each waited, and what it cost the server.
func BenchmarkLoad(b *testing.B) {
	for _, rate := range []int{100, 1000, 3000} {
		b.Run(fmt.Sprintf("rate=%d", rate), func(b *testing.B) { benchmarkLoad(b, rate) })
	}
}

func benchmarkLoad(b *testing.B, rate int) {
	b.Helper()
	url := servertest.Database(b)
	log, conn := mustOpen(b, pglog.Config{URL: url}), mustConnect(b, url)
	mustCommit(b, log, unit("first", 0))
	var group sync.WaitGroup
	var waited, failed atomic.Int64
	cpu, begun := cpuOf(b, conn), time.Now()
	b.ResetTimer()
	for i := range b.N {
		due := begun.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due)) // of the load, not of the test
		u := newOrders(1).next()[0] // in a stream of its own
		group.Go(func() {
			if try(context.Background(), log, u) != nil {
				failed.Add(1)
			}
			waited.Add(int64(time.Since(due)))
		})
	}
	group.Wait()
	b.StopTimer()
	b.ReportMetric(float64(waited.Load())/float64(b.N)/1e6, "ms/unit")
	b.ReportMetric(float64((cpuOf(b, conn)-cpu).Microseconds())/float64(b.N), "pg-us/unit")
	b.ReportMetric(float64(failed.Load()), "failed")
}

// written returns how much write-ahead log the server has written. The server
// is shared, so it is that of all who use it at the moment.
func written(b *testing.B, conn *pgx.Conn) (n int64) {
	b.Helper()
	err := conn.QueryRow(context.Background(), `SELECT (pg_current_wal_lsn() - '0/0')::bigint`).Scan(&n)
	if err != nil {
		b.Fatalf("pg_current_wal_lsn() = %v; want a place", err)
	}
	return n
}

// BenchmarkReadAll reads a log of events of 600 bytes from its beginning, page
// by page.
func BenchmarkReadAll(b *testing.B) {
	log, ctx := mustOpen(b, pglog.Config{URL: servertest.Database(b)}), context.Background()
	const events, page = 10_000, 256
	for version := int64(0); version < events; {
		u := unit("a", version)
		for range 1000 {
			e := unit("a", version).Events[0]
			e.Body = make([]byte, 600)
			u.Events = append(u.Events, e)
			version++
		}
		u.Events = u.Events[1:]
		mustCommit(b, log, u)
	}
	var read int
	for b.Loop() {
		records, err := log.ReadAll(ctx, int64(read%events), page)
		if err != nil || len(records) == 0 {
			b.Fatalf("ReadAll = %d events, %v; want some, nil", len(records), err)
		}
		read += len(records)
	}
	b.ReportMetric(float64(read)/b.Elapsed().Seconds(), "events/s")
}
