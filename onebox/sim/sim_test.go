package sim

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace/noop"
)

// TestMain keeps the services quiet: they would complain of every failure.
func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	otel.SetTracerProvider(noop.NewTracerProvider())
	os.Exit(m.Run())
}

// told replays a schedule and returns its transcript.
func told(t *testing.T, s Schedule) string {
	t.Helper()
	var text strings.Builder
	if err := s.Replay().WriteTranscript(&text); err != nil {
		t.Fatalf("WriteTranscript = %v; want nil", err)
	}
	return text.String()
}

// TestTheTameScheduleIsTheHappyPath has nothing but zeros on its tape.
func TestTheTameScheduleIsTheHappyPath(t *testing.T) {
	t.Parallel()
	f := Schedule{Orders: 1}.Replay()
	if f.Failed() {
		t.Fatalf("Replay = %v; want nothing wrong", f.Violations)
	}
	text := told(t, f.Schedule)
	if !strings.Contains(text, "order says OrderDelivered of order 0") || strings.Contains(text, "crashes") {
		t.Errorf("the tame schedule is\n%s; want a delivery, and no crash", text)
	}
}

// TestSeedsReplayByteForByte runs some seeds, and then their tapes, twice each and
// in worlds that are new.
func TestSeedsReplayByteForByte(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		s := Seeded(seed, 3)
		if again := Seeded(seed, 3); !cmp.Equal(s, again) {
			t.Fatalf("seed %d draws %d choices, and %d the second time", seed, len(s.Tape), len(again.Tape))
		}
		if diff := cmp.Diff(told(t, s), told(t, s)); diff != "" {
			t.Fatalf("seed %d is told in two ways (-first +second):\n%s", seed, diff)
		}
	}
}

// TestAUsedWorldIsLikeANewOne runs a seed after others, which must have left
// nothing behind.
func TestAUsedWorldIsLikeANewOne(t *testing.T) {
	t.Parallel()
	used := newWorld()
	for seed := range uint64(20) {
		used.tape.seed(seed)
		used.guarded(3)
		if diff := cmp.Diff(Seeded(seed, 3), used.schedule(3)); diff != "" {
			t.Fatalf("seed %d differs in a used world (-new +used):\n%s", seed, diff)
		}
	}
}

// TestShrinkingKeepsWhatMatters looks for the simplest schedule in which payment
// crashes.
func TestShrinkingKeepsWhatMatters(t *testing.T) {
	t.Parallel()
	crashes := func(w *world) bool {
		return slices.ContainsFunc(w.lines, func(l line) bool { return l.kind == dies && l.from == "payment" })
	}
	w := newWorld()
	w.telling = true
	for seed := uint64(0); ; seed++ {
		w.tape.seed(seed)
		w.guarded(3)
		if crashes(w) {
			break
		}
	}
	s := shrinker{ctx: t.Context(), w: w, best: w.schedule(3), fails: crashes}
	s.shrink()
	text := told(t, s.best)
	if s.best.Orders != 1 || strings.Count(text, "crashes") != 1 || len(bytes.ReplaceAll(s.best.Tape, []byte{0}, nil)) > 6 {
		t.Errorf("shrunk to %d orders and tape %x:\n%s; want one order and one crash", s.best.Orders, s.best.Tape, text)
	}
}

// TestSeedsAreKept writes a schedule and reads it.
func TestSeedsAreKept(t *testing.T) {
	t.Parallel()
	want := Schedule{Orders: 2, Tape: []byte{0, 1, 255}, Why: "lost: something"}
	folder := filepath.Join(t.TempDir(), "seeds")
	if _, err := want.Keep(folder, "17"); err != nil {
		t.Fatalf("Keep = %v; want nil", err)
	}
	got, err := ReadSeeds(folder)
	if diff := cmp.Diff([]Schedule{want}, got); diff != "" || err != nil {
		t.Errorf("ReadSeeds = %v, differs (-want +got):\n%s", err, diff)
	}
	if got, err := ReadSeeds(filepath.Join(folder, "none")); len(got) > 0 || err != nil {
		t.Errorf("ReadSeeds of no folder = %v, %v; want none, nil", got, err)
	}
	for _, text := range []string{"", "orders 0", "orders x", "orders 1\ntape xyz"} {
		if s, err := parse(text); !errors.Is(err, ErrSeed) {
			t.Errorf("parse(%q) = %v, %v; want %v", text, s, err, ErrSeed)
		}
	}
}

// TestSchedules is a short search. What was found once is tried first.
func TestSchedules(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := Run(ctx, Config{Seed: 1, Orders: 3, Workers: 1, Seeds: "../testdata/seeds"})
	if err != nil {
		t.Fatalf("Run = %v; want nil", err)
	}
	t.Logf("%d schedules, %d kept, %d events", r.Schedules, r.Kept, r.Work.Events)
	if r.Failure != nil {
		shrinking, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		small := r.Failure.Shrink(shrinking)
		t.Fatalf("seed %d: %v\n%s", r.Failure.Seed, r.Failure.Violations, told(t, small.Schedule))
	}
	if missing := r.Counts.Missing(); len(missing) > 0 && r.Schedules > 2000 {
		t.Errorf("in %d schedules there never was: %v", r.Schedules, missing)
	}
}

// BenchmarkSchedule reports what a schedule costs in processor time, which is
// what counts on a machine that others use as well.
func BenchmarkSchedule(b *testing.B) {
	w := newWorld()
	before := processorTime()
	for seed := uint64(0); b.Loop(); seed++ {
		w.tape.seed(seed)
		w.guarded(3)
	}
	for unit, n := range map[string]uint64{
		"steps/op": w.work.Steps, "messages/op": w.work.Messages, "faults/op": w.work.Faults, "events/op": w.work.Events,
	} {
		b.ReportMetric(float64(n)/float64(b.N), unit)
	}
	b.ReportMetric(float64((processorTime()-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// processorTime returns how long the process has kept processors busy.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
