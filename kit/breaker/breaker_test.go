package breaker_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sony/gobreaker/v2"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/metric"

	"orpheus.example/kit/breaker"
)

// meters collects what the breakers of all tests count; each test knows its own
// by the name of its breaker.
var meters = metric.NewManualReader()

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(meters)))
	os.Exit(m.Run())
}

var (
	errDown     = errors.New("down")
	errDeclined = errors.New("declined")
)

const (
	timeout = 2 * time.Second
	openFor = 30 * time.Second
	moment  = time.Nanosecond // gobreaker ends a period strictly after it
)

func open(t *testing.T) *breaker.Breaker {
	t.Helper()
	return breaker.New(breaker.Config{
		Name: t.Name(), Timeout: timeout, OpenFor: openFor, Failures: 3,
		Refused: func(err error) bool { return errors.Is(err, errDeclined) },
	})
}

func answers(err error) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return "answer", err }
}

// hangs ignores its context, as a function blocked in a system call does.
func hangs(until <-chan struct{}) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { <-until; return "late", nil }
}

func waits(ctx context.Context) (string, error) {
	<-ctx.Done()
	return "", fmt.Errorf("wait: %w", ctx.Err())
}

func call(t *testing.T, b *breaker.Breaker, f func(context.Context) (string, error)) error {
	t.Helper()
	_, err := breaker.Call(t.Context(), b, f)
	return err
}

// pass lets d go by, in a bubble of synctest: time is made up there, and goes on by
// itself when all in it wait. Nobody sleeps.
func pass(d time.Duration) { time.Sleep(d) }

func checkState(t *testing.T, b *breaker.Breaker, want breaker.State) {
	t.Helper()
	if got := b.State(); got != want {
		t.Fatalf("State() = %s; want %s", got, want)
	}
}

func trip(t *testing.T, b *breaker.Breaker) {
	t.Helper()
	for range 3 {
		if err := call(t, b, answers(errDown)); !errors.Is(err, errDown) {
			t.Fatalf("Call(fails) = %v; want %v", err, errDown)
		}
	}
	checkState(t, b, breaker.Open)
}

func TestCallReturnsWhatTheFunctionReturns(t *testing.T) {
	t.Parallel()
	got, err := breaker.Call(t.Context(), open(t), answers(nil))
	if got != "answer" || err != nil {
		t.Errorf("Call() = %q, %v; want %q, nil", got, err, "answer")
	}
}

func TestFailuresOpenAndAProbeCloses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := open(t)
		trip(t, b)
		err := call(t, b, answers(nil))
		if !errors.Is(err, breaker.ErrOpen) || !errors.Is(err, gobreaker.ErrOpenState) {
			t.Errorf("Call() while open = %v; want ErrOpen that wraps gobreaker's", err)
		}
		if b.Ready() {
			t.Error("Ready() while open = true; want false")
		}

		pass(openFor + moment)
		checkState(t, b, breaker.HalfOpen)
		if !b.Ready() {
			t.Error("Ready() before the probe = false; want true")
		}
		if err := call(t, b, answers(nil)); err != nil {
			t.Errorf("Call(probe) = %v; want nil", err)
		}
		checkState(t, b, breaker.Closed)
	})
}

func TestAFailedProbeOpensAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := open(t)
		trip(t, b)
		pass(openFor + moment)
		_ = call(t, b, answers(errDown))
		checkState(t, b, breaker.Open)

		pass(openFor - time.Second)
		checkState(t, b, breaker.Open)
		pass(time.Second + moment)
		checkState(t, b, breaker.HalfOpen)
	})
}

// A probe that ignores its context is given up; until then there is no second
// probe, and afterwards the target is left alone and probed again.
func TestAHungProbeIsAbandoned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := open(t)
		trip(t, b)
		pass(openFor + moment)

		until, probe := make(chan struct{}), make(chan error)
		begun := time.Now()
		go func() { probe <- call(t, b, hangs(until)) }()
		synctest.Wait()
		if err := call(t, b, answers(nil)); !errors.Is(err, gobreaker.ErrTooManyRequests) || !errors.Is(err, breaker.ErrOpen) {
			t.Errorf("second Call() during the probe = %v; want ErrOpen that wraps ErrTooManyRequests", err)
		}
		if b.Ready() {
			t.Error("Ready() during the probe = true; want false")
		}

		err := <-probe
		if !errors.Is(err, breaker.ErrNoAnswer) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Call(hung probe) = %v; want ErrNoAnswer that wraps DeadlineExceeded", err)
		}
		if took := time.Since(begun); took != timeout+breaker.Grace {
			t.Errorf("hung probe took %v; want %v", took, timeout+breaker.Grace)
		}
		checkState(t, b, breaker.Open)

		pass(openFor + moment)
		_ = call(t, b, answers(nil))
		checkState(t, b, breaker.Closed)
		close(until) // its late result changes nothing
		synctest.Wait()
		checkState(t, b, breaker.Closed)
	})
}

func TestEachCallGetsADeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		err := call(t, open(t), waits)
		if took := time.Since(begun); took != timeout {
			t.Errorf("Call(waits) took %v; want %v", took, timeout)
		}
		if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, breaker.ErrNoAnswer) {
			t.Errorf("Call(waits) = %v; want what the function returned", err)
		}
	})
}

func TestTimeoutsOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := open(t)
		for range 3 {
			_ = call(t, b, waits)
		}
		checkState(t, b, breaker.Open)
	})
}

func TestTheCallersEndDoesNotCount(t *testing.T) {
	t.Parallel()
	ends := map[string]func(context.Context) (context.Context, context.CancelFunc){
		"by_cancel": context.WithCancel,
		"by_deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, timeout/4)
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := open(t)
				for range 10 {
					ctx, cancel := end(t.Context())
					time.AfterFunc(timeout/2, cancel)
					if _, err := breaker.Call(ctx, b, waits); err == nil {
						t.Error("Call() of a caller that left = nil; want an error")
					}
				}
				checkState(t, b, breaker.Closed)
			})
		})
	}
}

// A caller that leaves gives the probe's place back: it does not decide, and it
// does not block the next probe.
func TestACancelledProbeLeavesItHalfOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := open(t)
		trip(t, b)
		pass(openFor + moment)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(timeout/2, cancel)
		_, _ = breaker.Call(ctx, b, waits)
		checkState(t, b, breaker.HalfOpen)
		if err := call(t, b, answers(nil)); err != nil {
			t.Errorf("Call(next probe) = %v; want nil", err)
		}
		checkState(t, b, breaker.Closed)
	})
}

func TestACallerThatHasLeftIsNotServed(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := breaker.Call(ctx, open(t), func(context.Context) (string, error) {
		t.Error("function was called")
		return "", nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Call() = %v; want %v", err, context.Canceled)
	}
}
