package load

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"
)

// sample is a report with all that may be in one.
func sample() Report {
	h := newHistogram()
	for i := range 1000 {
		_ = h.RecordValue(int64(i))
	}
	_ = h.RecordValue(2_000_000)
	return Report{
		Sent: 1010, Accepted: 1001, Retried: 3, Shed: map[string]int64{"ResourceExhausted": 7, "DeadlineExceeded": 2},
		Asked: map[string]int64{"happy": 1000, "cancelled": 1}, States: map[string]int64{"delivered": 999, "cancelled": 1},
		PlacedRate: 100.12, DeliveredRate: 99, EndedRate: 99.5, UnderWay: 12.3, TooLate: 1,
		Place: newLatency(h), Lost: 1, Open: 4, Watched: 10, Unwatched: 2,
	}
}

func TestReportAsText(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := sample().Write(&b); err != nil {
		t.Fatal(err)
	}
	const want = `sent 1010, accepted 1001, DeadlineExceeded 2, ResourceExhausted 7; calls made again 3
placed 100.1/s, delivered 99.0/s, ended 99.5/s; under way 12 on average
asked for: 1000 happy, 1 cancelled
became:    999 delivered, 1 cancelled
cancellations: 1 too late, 0 without an answer
4 have not ended
LOST 1: accepted, and not in the shop
watched 10; 2 found no watcher free, 0 were lost sight of: the last two latencies are without them

latency     orders  p50      p90      p99      p99.9    max
PlaceOrder    1001  0.50 ms  0.90 ms  0.99 ms  1.00 ms  2.00 s

PlaceOrder
`
	got := b.String()
	if head := got[:min(len(want), len(got))]; head != want {
		t.Errorf("Write (-want +got):\n%s", cmp.Diff(want, head))
	}
	// 488 of a thousand numbers below a thousand have ten binary digits.
	if row := "  up to  1.02 ms      488  #####"; !strings.Contains(got, row) {
		t.Errorf("Write = %s\nwant the row %q", got, row)
	}
	for line := range strings.Lines(got) {
		if strings.HasSuffix(line, " \n") {
			t.Errorf("%q ends in a space", line)
		}
	}
}

// TestReportAsJSON sees that what a program reads is what was measured, down to
// the whole histogram.
func TestReportAsJSON(t *testing.T) {
	t.Parallel()
	want := sample()
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Report
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	whole, err := hdrhistogram.Decode([]byte(got.Place.HDR))
	if err != nil || whole.TotalCount() != want.Place.Count || !whole.Equals(want.Place.Histogram()) {
		t.Errorf("histogram = %v, %v; want that of the report", whole, err)
	}
	got.Place.histogram, want.Place.histogram = nil, nil
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Latency{})); diff != "" {
		t.Errorf("report after a round trip (-want +got):\n%s", diff)
	}
}

func TestTook(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "-", 1500 * time.Microsecond: "1.50 ms", 15 * time.Millisecond: "15.0 ms", 150 * time.Millisecond: "150 ms",
		1500 * time.Millisecond: "1.50 s", 90 * time.Second: "1m30s",
	} {
		if got := Took(d); got != want {
			t.Errorf("Took(%d) = %s; want %s", d, got, want)
		}
	}
}
