package pglog_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
)

// BenchmarkBatch appends units in batches of one size, one batch after the other,
// in turns to a log that does it the quick way and to one that is always careful.
// The units are those of a service: a mark and an event of 600 bytes with all that
// is kept beside it; a stream has three, the first sets work and the second clears
// it. It reports what each way costs the server: processor time, which other work on
// the machine hardly blurs, and write-ahead log.
func BenchmarkBatch(b *testing.B) {
	for _, size := range []int{1, 8, 64, 256} {
		b.Run(fmt.Sprintf("units=%d", size), func(b *testing.B) { benchmarkBatch(b, size) })
	}
}

func benchmarkBatch(b *testing.B, size int) {
	b.Helper()
	ways := []*way{newWay(b, "quick", size), newWay(b, "careful", size)}
	ways[1].log.Carefully()
	for _, w := range ways {
		w.go20(b) // until statements are prepared and planned
		w.units, w.took, w.cpu, w.wal = 0, 0, 0, 0
	}
	for b.Loop() {
		for _, w := range ways {
			w.go20(b)
		}
	}
	for _, w := range ways {
		n := float64(w.units)
		b.ReportMetric(n/w.took.Seconds(), w.name+"-units/s")
		b.ReportMetric(float64(w.cpu.Microseconds())/n, w.name+"-pg-us/unit")
		b.ReportMetric(float64(w.wal)/n, w.name+"-WAL-B/unit")
	}
}

// A way is a log, and what it has cost so far.
type way struct {
	name   string
	log    *pglog.Log
	conn   *pgx.Conn
	orders *orders

	units     int
	took, cpu time.Duration
	wal       int64
}

func newWay(b *testing.B, name string, size int) *way {
	b.Helper()
	url := servertest.Database(b)
	return &way{name: name, log: mustOpen(b, pglog.Config{URL: url}), conn: mustConnect(b, url), orders: newOrders(size)}
}

// go20 appends twenty batches, enough for the clock of processor time.
func (w *way) go20(b *testing.B) {
	b.Helper()
	cpu, wal, begun := cpuOf(b, w.conn), written(b, w.conn), time.Now()
	for range 20 {
		batch := w.orders.next()
		mustCommitAll(b, w.log, batch)
		w.units += len(batch)
	}
	w.took += time.Since(begun)
	w.cpu += cpuOf(b, w.conn) - cpu
	w.wal += written(b, w.conn) - wal
}

func mustCommitAll(b *testing.B, log eventlog.Log, units []eventlog.Unit) {
	b.Helper()
	outcomes, err := log.Append(context.Background(), units)
	if err != nil {
		b.Fatalf("Append(%d units) = %v; want nil", len(units), err)
	}
	for _, o := range outcomes {
		if o.Err != nil {
			b.Fatalf("Append: an outcome is %v; want nil", o.Err)
		}
	}
}

// orders makes batches of units: in each, every stream comes once.
type orders struct {
	body    []byte
	streams []string
	version int64
}

func newOrders(size int) *orders {
	return &orders{body: make([]byte, 600), streams: make([]string, size)}
}

func (o *orders) next() []eventlog.Unit {
	units := make([]eventlog.Unit, len(o.streams))
	for i := range units {
		if o.version == 0 {
			o.streams[i] = "order-" + uuid.NewString()
		}
		units[i] = o.unit(o.streams[i])
	}
	o.version = (o.version + 1) % 3
	return units
}

func (o *orders) unit(stream string) eventlog.Unit {
	id := uuid.New()
	u := eventlog.Unit{
		Mark:   &eventlog.Mark{Consumer: "order", ID: id, Digest: 1},
		Expect: []eventlog.Expect{{Stream: stream, Version: o.version}},
		Events: []eventlog.Record{{
			Stream: stream, Version: o.version + 1, ID: uuid.New(), Type: "order.v1.OrderConfirmed", Schema: 1,
			Body: o.body, Time: time.Now(), Correlation: stream[len("order-"):], Causation: id.String(),
			Actor: "service:payment", Trace: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		}},
	}
	work := eventlog.DueKey{Kind: eventlog.Alarm, Stream: stream}
	switch o.version {
	case 0:
		u.Set = []eventlog.Due{{DueKey: work, At: time.Now(), Trace: u.Events[0].Trace, New: true}}
	case 1:
		u.Clear = []eventlog.DueKey{work}
	}
	return u
}

// cpuOf returns how much processor time a server has used, all its processes
// together. It reads /proc, so it is 0 elsewhere than on Linux.
func cpuOf(b *testing.B, conn *pgx.Conn) time.Duration {
	b.Helper()
	var pid int
	if err := conn.QueryRow(context.Background(), "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		b.Fatalf("pg_backend_pid() = %v; want a process", err)
	}
	self := statOf(strconv.Itoa(pid))
	if self == nil {
		return 0
	}
	server := self[1] // its parent
	var used time.Duration
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range all {
		if s := statOf(filepath.Base(dir)); s != nil && (s[1] == server || filepath.Base(dir) == server) {
			used += ranFor(dir)
		}
	}
	return used
}

// ranFor returns how long a process has had a processor. What one that has ended
// used is lost, so connections must not come and go while it is measured.
func ranFor(dir string) time.Duration {
	ran, err := os.ReadFile(dir + "/schedstat") // to the nanosecond, where stat has hundredths of seconds
	if fields := strings.Fields(string(ran)); err == nil && len(fields) > 0 {
		return time.Duration(number(fields[0]))
	}
	return 0
}

// statOf returns the fields of a process's stat that follow its name, or nil if
// there is none.
func statOf(pid string) []string {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return nil
	}
	_, fields, _ := strings.Cut(string(stat), ") ")
	return strings.Fields(fields)
}

func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}
