package loop_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"orpheus.example/kit/loop"
)

// A diary is a step that does as it is told and notes what is asked of it. It
// ends the test's context when it has come to its end.
type diary struct {
	does  []any // what Once returns: an error, or whether there was work
	calls []string
	stop  context.CancelFunc
}

func (d *diary) Name() string { return "diary" }

func (d *diary) Once(context.Context) (bool, error) {
	d.calls = append(d.calls, "once")
	next := d.does[0]
	d.does = d.does[1:]
	if len(d.does) == 0 {
		d.stop()
	}
	if err, ok := next.(error); ok {
		return false, err
	}
	return next.(bool), nil
}

func (d *diary) Wait(context.Context) { d.calls = append(d.calls, "wait") }
func (d *diary) Rest(context.Context) { d.calls = append(d.calls, "rest") }
func (d *diary) Drain()               { d.calls = append(d.calls, "drain") }

// A step rests after work and waits for it if there was none. After an error it
// is called again without either, and when it is told to stop it drains.
func TestRunner(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	d := &diary{does: []any{true, false, errors.New("away"), true}, stop: cancel}
	if err := (loop.Runner{Step: d}).Run(ctx); err != nil {
		t.Fatal(err)
	}
	want := []string{"once", "rest", "once", "wait", "once", "once", "rest", "drain"}
	if !slices.Equal(d.calls, want) {
		t.Errorf("Run called %v; want %v", d.calls, want)
	}
}

// Until neither rests nor waits, and stops at the first error.
func TestUntil(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	for end, want := range map[any]error{false: nil, away: away} {
		d := &diary{does: []any{true, true, end, true}, stop: func() {}}
		err := loop.Until(t.Context(), d)
		if !slices.Equal(d.calls, []string{"once", "once", "once"}) || !errors.Is(err, want) {
			t.Errorf("Until = %v, called %v; want %v after three times Once", err, d.calls, want)
		}
	}
}

// A time that is over is not waited for: a step may be told to go on at a moment
// that is long past.
func TestSleep(t *testing.T) {
	t.Parallel()
	for wish, want := range map[time.Duration]time.Duration{time.Minute: time.Minute, 0: 0, -time.Hour: 0} {
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			if err := loop.Sleep(t.Context(), wish); err != nil || time.Since(begun) != want {
				t.Errorf("Sleep(%s) = %v after %s; want nil after %s", wish, err, time.Since(begun), want)
			}
		})
	}
}
