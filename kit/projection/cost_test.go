package projection_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
)

// BenchmarkCost shows each stream's events in two goes, so that each row is
// written twice, and reports what that costs the server for each row written.
//
//	go test ./projection -run '^$' -bench Cost -benchtime 20x
func BenchmarkCost(b *testing.B) {
	store := openPostgres(b)
	s := step(store, 1, "one")
	var cpu time.Duration
	var wal int64
	for round := range b.N {
		for version := range int64(2) {
			extend(b, store, round, version)
			before, written := serverTime(b, store), walOf(b, store)
			show(b, s)
			cpu += serverTime(b, store) - before
			wal += walOf(b, store) - written
		}
	}
	rows := float64(b.N) * 2 * costStreams
	b.ReportMetric(float64(cpu.Microseconds())/rows, "pg-us/row")
	b.ReportMetric(float64(wal)/rows, "WAL-B/row")
	b.ReportMetric(0, "ns/op")
}

// costStreams is how many streams get an event at a time.
const costStreams = 1500

func extend(b *testing.B, store eventlog.Store, round int, version int64) {
	b.Helper()
	units := make([]eventlog.Unit, costStreams)
	for i := range units {
		stream := fmt.Sprintf("order-%d-%s", i, uuid.NewSHA1(uuid.Nil, []byte{byte(round), byte(round >> 8), byte(i), byte(i >> 8)}))
		units[i] = eventlog.Unit{
			Expect: []eventlog.Expect{{Stream: stream, Version: version}},
			Events: []eventlog.Record{{
				Stream: stream, Version: version + 1, ID: uuid.New(), Type: "Said", Schema: 1, Time: began, Body: []byte(strings.Repeat("was said ", 12)),
			}},
		}
	}
	if _, err := store.Append(b.Context(), units); err != nil {
		b.Fatal(err)
	}
}

func walOf(b *testing.B, store eventlog.Store) (bytes int64) {
	b.Helper()
	const query = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
	if err := store.DB().QueryRowContext(b.Context(), query).Scan(&bytes); err != nil {
		b.Fatal(err)
	}
	return bytes
}

// serverTime returns the processor time of all backends of the server, from
// /proc.
func serverTime(b *testing.B, store eventlog.Store) time.Duration {
	b.Helper()
	var pid int
	if err := store.DB().QueryRowContext(b.Context(), "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		b.Fatal(err)
	}
	self := statOf(strconv.Itoa(pid))
	var ticks int
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range processes {
		if s := statOf(filepath.Base(dir)); s != nil && self != nil && s[1] == self[1] {
			user, _ := strconv.Atoi(s[11])
			system, _ := strconv.Atoi(s[12])
			ticks += user + system
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond // Linux counts in hundredths
}

// statOf returns the fields of a process's stat that follow its name, or nil.
func statOf(pid string) []string {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return nil
	}
	_, fields, _ := strings.Cut(string(stat), ") ")
	return strings.Fields(fields)
}
