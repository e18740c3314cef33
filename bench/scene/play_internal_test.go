package scene

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"orpheus.example/bench/result"
	"orpheus.example/onebox/load"
)

// idleBench returns a bench that has nothing to play yet.
func idleBench(t *testing.T, p result.Plan) *Bench {
	t.Helper()
	return &Bench{
		Plan: p, Out: filepath.Join(t.TempDir(), "results.json"), Results: &result.File{},
		Say: func(string) {}, begun: time.Now(), round: 1,
	}
}

var errBroke = errors.New("it broke")

// A piece that breaks is noted, kept, and costs no other.
func TestAPieceThatFailsIsNoted(t *testing.T) {
	t.Parallel()
	b := idleBench(t, result.Plan{})
	err := b.play(t.Context(), "hot", piece{"all of it", time.Second, func(context.Context) error { return errBroke }})
	if err != nil {
		t.Fatalf("play() = %v; want nil", err)
	}
	kept, err := result.Load(b.Out)
	if err != nil {
		t.Fatal(err)
	}
	want := result.Failure{Scene: "hot", What: "all of it", Round: 1, Why: errBroke.Error()}
	if len(kept.Failed) != 1 || kept.Failed[0] != want {
		t.Errorf("failures are %+v; want %+v", kept.Failed, want)
	}
}

// What would end after the bound of all is not begun, and is noted as such.
func TestAPieceWithoutTimeIsNotBegun(t *testing.T) {
	t.Parallel()
	b := idleBench(t, result.Plan{Within: time.Hour})
	err := b.play(t.Context(), "log", piece{"", 2 * time.Hour, func(context.Context) error {
		t.Error("it was begun")
		return nil
	}})
	if err != nil || len(b.Results.Failed) != 1 {
		t.Errorf("play() = %v, failures are %+v; want nil, and one", err, b.Results.Failed)
	}
}

// Who interrupts a bench ends it.
func TestAnInterruptionEndsTheBench(t *testing.T) {
	t.Parallel()
	b := idleBench(t, result.Plan{Within: time.Hour})
	ctx, stop := context.WithCancel(t.Context())
	err := b.play(ctx, "log", piece{"", time.Second, func(ctx context.Context) error {
		stop()
		return ctx.Err()
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("play() = %v; want context.Canceled", err)
	}
}

// In a brief bench everything is played at least once, however few rounds there are.
func TestABriefBenchLeavesNothingOut(t *testing.T) {
	t.Parallel()
	for rounds := 1; rounds <= 3; rounds++ {
		b := idleBench(t, result.Plan{Form: result.Brief, Runs: rounds})
		for _, s := range Scenes() {
			played := 0
			for b.round = 1; b.round <= rounds; b.round++ {
				if b.plays(s) {
					played++
				}
			}
			if played == 0 {
				t.Errorf("%s is not played in %d rounds", s.Name, rounds)
			}
		}
	}
}

// The load at saturation in the comparison is longer than the others.
func TestLonger(t *testing.T) {
	t.Parallel()
	b := idleBench(t, result.Plan{Duration: time.Minute, Warmup: 10 * time.Second})
	if c := b.longer(load.Config{Duration: time.Second, Window: 7}); c.Duration != time.Minute || c.Warmup != 10*time.Second || c.Window != 7 {
		t.Errorf("longer() = %+v; want a minute after ten seconds, and the window as it was", c)
	}
}
