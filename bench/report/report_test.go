package report_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"

	"orpheus.example/bench/limit"
	"orpheus.example/bench/report"
	"orpheus.example/bench/result"
	"orpheus.example/bench/scene"
	"orpheus.example/onebox/load"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew; look at what has changed before it is committed")

// results reads the fixed results that all tests here look at.
func results(t *testing.T) *result.File {
	t.Helper()
	f, err := result.Load("testdata/results.json")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestGolden compares the report of fixed results with what is kept of it. The
// drawings are compared too: they are the same to the byte for the same results.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := report.Files([]report.Source{{Path: "bench/results/fixed.json", File: results(t)}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		golden := filepath.Join("testdata", "golden", filepath.Base(name))
		if *rewrite {
			if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if diff := cmp.Diff(string(want), text); err != nil || diff != "" {
			t.Errorf("%s differs (%v); if it should, run with -rewrite (-want +got):\n%s", name, err, diff)
		}
	}
}

// TestFixedResultsAreWhatTheyWere sees that the results can be read, and are not
// changed by being read and written.
func TestFixedResultsAreWhatTheyWere(t *testing.T) {
	t.Parallel()
	if *rewrite {
		if err := fixed().Save("testdata/results.json"); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "results.json")
	if err := results(t).Save(path); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	want, err2 := os.ReadFile("testdata/results.json")
	if diff := cmp.Diff(string(want), string(got)); err != nil || err2 != nil || diff != "" {
		t.Errorf("results read and written differ (%v, %v) (-want +got):\n%s", err, err2, diff)
	}
}

func TestNothingMeasuredIsNoReport(t *testing.T) {
	t.Parallel()
	if _, err := report.Files(nil); err == nil {
		t.Error("Files(nothing) = nil; want an error")
	}
	files, err := report.Files([]report.Source{{Path: "empty.json", File: &result.File{}}})
	if err != nil || files[report.Page] == "" {
		t.Errorf("Files(empty results) = %v, %v; want a page that says what was not measured", files, err)
	}
}

// fixed makes results up: two rounds of the comparison and one of everything
// else, in which some goals are reached, some are missed, and some not measured.
func fixed() *result.File {
	day := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)
	f := &result.File{
		Begun: day, Ended: day.Add(time.Hour),
		Machine:  result.Machine{CPU: "Made Up 9000", Cores: 2, Memory: 8 << 30, Kernel: "6.1.0", Commit: "0123456789ab"},
		Plan:     result.Plan{Form: result.Full, Runs: 2, Duration: 3 * time.Minute, Warmup: 15 * time.Second, Events: 5_000_000},
		Settings: map[result.Mode]map[string]string{result.Bundled: {"GOGC": "400"}, result.Peer: {"GOGC": "400"}},
		Servers:  map[string]string{"fsync": "on"}, Versions: map[string]string{"Go": "go1.26"},
	}
	costs := limit.Costs{
		BrokerPublish: 22, BrokerDeliver: 35, ClientPublish: 12, ClientDeliver: 12,
		Bundle: 64, BundleBrokerPublish: 100, BundleBrokerDeliver: 120, BundleClientPublish: 50, BundleClientDeliver: 60,
		Unit: 10, UnitClient: 6, Duty: 12, DutyClient: 8, Call: 15, CallClient: 15, Encode: 1, Decode: 2,
	}
	for round := 1; round <= 2; round++ {
		wobble := 1 + 0.1*float64(round-1)
		for _, m := range []struct {
			mode result.Mode
			rate float64
			slow time.Duration
		}{{result.Peer, 110, 300 * time.Millisecond}, {result.Single, 1200, 60 * time.Millisecond}, {result.Bundled, 1900, 50 * time.Millisecond}} {
			for scale, name := range []string{scene.Saturation, scene.Half, scene.Fifty, scene.HalfPeer} {
				f.Runs = append(f.Runs, run(name, m.mode, round, m.rate*wobble/float64(scale+1), m.slow))
			}
		}
		f.Parts = append(f.Parts, result.Parts{
			Round: round, Costs: costs, Rates: map[string]float64{"units": 60000 * wobble, "calls": 40000},
			Commits: []result.Commit{{Rate: 600 * wobble, Beat: 600, Took: latency(5 * time.Millisecond)}},
		})
	}
	f.Runs = append(f.Runs, run(scene.Saturation, result.PeerCalm, 1, 100, 300*time.Millisecond))
	f.Runs = append(f.Runs, run(scene.Spread, result.Bundled, 1, 1900, time.Second), run(scene.Hot, result.Bundled, 1, 1600, time.Second),
		run(scene.Embedded, result.OnFile, 1, 2500, 10*time.Millisecond))
	// A stand that was not checked does not count, and one may fail altogether.
	lost := run(scene.Saturation, result.Bundled, 3, 9000, time.Millisecond)
	lost.Checked = false
	f.Runs = append(f.Runs, lost)
	f.Failed = []result.Failure{{Scene: "compare", What: "bundled", Round: 3, Why: "the books do not agree"}, {Scene: "log", Round: 1, Why: "not begun"}}
	f.Books = []result.Books{{Stand: 1, Orders: 1000, Verified: 500, Checks: 13}}
	f.Timing = []result.Timing{{Scene: scene.Idle, Mode: result.Bundled, Round: 1, Values: map[string]float64{scene.Daemons + " %": 2.5, "RabbitMQ %": 0.4}}}
	return f
}

// run makes a run up, at a rate, with orders that take about so long.
func run(name string, mode result.Mode, round int, rate float64, slow time.Duration) result.Run {
	r := result.Run{
		Scene: name, Mode: mode, Round: round, At: time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC), Stand: 1, Checked: true,
		Load: load.Report{
			Rate: rate, Duration: time.Minute, Warmup: 10 * time.Second, SKUs: 1000, DeliveredRate: rate, UnderWay: 200, Accepted: 1000,
			Place: latency(slow / 10), Confirmed: latency(slow / 2), Delivered: latency(slow),
		},
		Window: time.Minute, Delivered: int64(60 * rate), WAL: int64(60 * rate * 22_000),
		CPU:    map[string]time.Duration{"order": 20 * time.Second, "RabbitMQ": 30 * time.Second, "load generator": 5 * time.Second},
		Memory: map[string]int64{"order": 50 << 20, "RabbitMQ": 150 << 20, "load generator": 40 << 20},
	}
	if mode == result.Single || mode == result.Bundled {
		r.Counts = &limit.Counts{
			Orders: 1000, Published: 12, Delivered: 21, Units: 22, Duties: 11, Calls: 1, Events: 40, Messages: 12, Deliveries: 21, Commits: 0.5,
		}
	}
	return r
}

// latency makes a distribution up with a long tail.
func latency(middle time.Duration) load.Latency {
	h := hdrhistogram.New(1, time.Hour.Microseconds(), 3)
	for i := range int64(2000) {
		v := middle.Microseconds() * (500 + i) / 1500
		if i > 1960 {
			v *= i - 1959
		}
		_ = h.RecordValue(v) // all lie in its range
	}
	at := func(q float64) time.Duration { return time.Duration(h.ValueAtQuantile(q)) * time.Microsecond }
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		panic(err) // unreachable: it is written to memory
	}
	return load.Latency{Count: h.TotalCount(), P50: at(50), P90: at(90), P99: at(99), P999: at(99.9), Max: at(100), HDR: string(text)}
}
