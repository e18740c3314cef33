package sim

import (
	"context"
	"log/slog"
	"os"
	"strings"
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
	for seed := range uint64(40) {
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
	for seed := range uint64(40) {
		used.tape.seed(seed)
		used.guarded(3)
		if diff := cmp.Diff(Seeded(seed, 3), used.schedule(3)); diff != "" {
			t.Fatalf("seed %d differs in a used world (-new +used):\n%s", seed, diff)
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
	t.Logf("%d schedules, %d kept, %d events", r.Schedules, r.Kept, r.Events)
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

func BenchmarkSchedule(b *testing.B) {
	w := newWorld()
	for seed := uint64(0); b.Loop(); seed++ {
		w.tape.seed(seed)
		w.guarded(3)
	}
	b.ReportMetric(float64(w.events)/float64(b.N), "events/op")
}
