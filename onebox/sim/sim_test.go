package sim

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
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

// TestShrinkingKeepsWhatMatters looks for a simple schedule in which payment
// crashes. Which one is found depends on all that is drawn; that nothing simpler
// is next to it does not.
func TestShrinkingKeepsWhatMatters(t *testing.T) {
	t.Parallel()
	w := newWorld()
	crashes := func(w *world) bool { // in the last run
		n := w.counts[CrashPayment]
		w.counts[CrashPayment] = 0
		return n > 0
	}
	for seed := uint64(0); ; seed++ {
		w.tape.seed(seed)
		w.guarded(2)
		if crashes(w) {
			break
		}
	}
	from := w.schedule(2)
	s := shrinker{ctx: t.Context(), w: w, best: from, fails: crashes}
	s.shrink()
	if text := told(t, s.best); !strings.Contains(text, "payment crashes") {
		t.Errorf("shrunk to %d orders and tape %x:\n%s; want a crash of payment", s.best.Orders, s.best.Tape, text)
	}
	if n := choices(s.best); n == 0 || n > choices(from)/10 || len(s.best.Tape) >= len(from.Tape) {
		t.Errorf("shrunk from %d to %d choices that are not tame; want less than a tenth", choices(from), n)
	}
	for i, b := range s.best.Tape {
		if tame := zeroed(s.best.Tape, i, i+1); b != 0 && s.wrong(tame, s.best.Orders) {
			t.Errorf("choice %d of tape %x may be tame as well", i, s.best.Tape)
		}
	}
}

// choices returns how many choices of s are not the tame ones.
func choices(s Schedule) int { return len(bytes.ReplaceAll(s.Tape, []byte{0}, nil)) }

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
