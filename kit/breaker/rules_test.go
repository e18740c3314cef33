package breaker_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"orpheus.example/kit/breaker"
	"orpheus.example/kit/loop"
)

func TestARefusalIsASuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := open(t)
		for range 10 {
			if err := call(t, b, answers(errDeclined)); !errors.Is(err, errDeclined) {
				t.Errorf("Call(declines) = %v; want %v", err, errDeclined)
			}
		}
		_ = call(t, b, answers(errDown))
		_ = call(t, b, answers(errDown))
		_ = call(t, b, answers(errDeclined)) // ends the row of failures
		_ = call(t, b, answers(errDown))
		checkState(t, b, breaker.Closed)
	})
}

func TestARefusalClosesAHalfOpenBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := open(t)
		trip(t, b)
		pass(openFor + moment)
		_ = call(t, b, answers(errDeclined))
		checkState(t, b, breaker.Closed)
	})
}

// One thing that fails again and again keeps nobody else from the target. That the
// target is down shows as soon as calls about other things fail, too.
func TestFailuresAboutOneThingCountOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := open(t)
		for range 20 {
			mustFail(t, b, "a")
		}
		checkState(t, b, breaker.Closed)
		mustFail(t, b, "b")
		checkState(t, b, breaker.Closed)
		mustFail(t, b, "a")
		checkState(t, b, breaker.Open)

		pass(openFor + moment)
		mustFail(t, b, "a") // a probe says how the target is, whatever it is about
		checkState(t, b, breaker.Open)
	})
}

func mustFail(t *testing.T, b *breaker.Breaker, about string) {
	t.Helper()
	if _, err := breaker.Call(breaker.About(t.Context(), about), b, answers(errDown)); !errors.Is(err, errDown) {
		t.Fatalf("Call(fails, about %s) = %v; want %v", about, err, errDown)
	}
}

// A call of an earlier generation comes back when the breaker has opened and
// closed again. What it says is about a time long past.
func TestALateCallOfAnEarlierGenerationDoesNotCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := breaker.New(breaker.Config{Name: t.Name(), Timeout: time.Hour, OpenFor: openFor, Failures: 1})
		until, late := make(chan struct{}), make(chan error)
		go func() {
			late <- call(t, b, func(context.Context) (string, error) { <-until; return "", errDown })
		}()
		synctest.Wait()

		_ = call(t, b, answers(errDown))
		checkState(t, b, breaker.Open)
		pass(openFor + moment)
		_ = call(t, b, answers(nil))
		checkState(t, b, breaker.Closed)

		close(until)
		if err := <-late; !errors.Is(err, errDown) {
			t.Errorf("late Call() = %v; want %v", err, errDown)
		}
		checkState(t, b, breaker.Closed) // though one failure opens it
	})
}

func TestARatioOfFailuresOpens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := breaker.New(breaker.Config{Name: t.Name(), Ratio: 0.5, Failures: 100})
		for i := range breaker.LeastCalls {
			checkState(t, b, breaker.Closed)
			err := []error{nil, errDown}[i%2]
			_ = call(t, b, answers(err))
		}
		checkState(t, b, breaker.Open)
	})
}

// Calls that take longer than the window was asked to be are counted: the window
// is widened to hold them.
func TestSlowFailuresCountTowardsARatio(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := breaker.New(breaker.Config{
			Name: t.Name(), Timeout: 20 * time.Second, Ratio: 0.5, Window: time.Second, Failures: 100,
		})
		done := make(chan error)
		for range breaker.LeastCalls {
			go func() { done <- call(t, b, waits) }()
		}
		for range breaker.LeastCalls {
			<-done
		}
		checkState(t, b, breaker.Open)
	})
}

// A target that swallows calls ties up no more than MaxOut goroutines.
func TestCallsThatAreOutAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := breaker.New(breaker.Config{Name: t.Name(), MaxOut: 2, Failures: 100})
		until := make(chan struct{})
		for range 2 {
			if err := call(t, b, hangs(until)); !errors.Is(err, breaker.ErrNoAnswer) {
				t.Errorf("Call(hangs) = %v; want %v", err, breaker.ErrNoAnswer)
			}
		}
		if err := call(t, b, answers(nil)); !errors.Is(err, breaker.ErrOpen) || b.Ready() {
			t.Errorf("third Call() = %v, Ready() = %v; want ErrOpen, false", err, b.Ready())
		}
		close(until)
		synctest.Wait()
		if err := call(t, b, answers(nil)); err != nil || !b.Ready() {
			t.Errorf("Call() after they came back = %v, Ready() = %v; want nil, true", err, b.Ready())
		}
	})
}

func TestAPanicIsAFailureAndReachesTheCaller(t *testing.T) {
	t.Parallel()
	b := breaker.New(breaker.Config{Name: t.Name(), Failures: 1})
	defer func() {
		p, _ := recover().(string)
		if !strings.Contains(p, "boom") || !strings.Contains(p, "rules_test.go") {
			t.Errorf("Call(panics) panicked with %q; want what and where", p)
		}
		checkState(t, b, breaker.Open)
	}()
	_ = call(t, b, func(context.Context) (string, error) { panic("boom") })
}

func TestAPanicOfAnAbandonedCallHarmsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until := make(chan struct{})
		err := call(t, open(t), func(context.Context) (string, error) { <-until; panic("boom") })
		if !errors.Is(err, breaker.ErrNoAnswer) {
			t.Errorf("Call() = %v; want %v", err, breaker.ErrNoAnswer)
		}
		close(until)
		synctest.Wait()
	})
}

func TestChangesAreCounted(t *testing.T) {
	t.Parallel()
	b := breaker.New(breaker.Config{Name: t.Name(), Failures: 1, OpenFor: time.Hour})
	_ = call(t, b, answers(errDown))
	got := counted(t, t.Name())
	want := map[string]int64{"breaker.state.changes": 1, "breaker.state": 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counted after opening (-want +got):\n%s", diff)
	}
}

// counted returns the metrics of one breaker by name.
func counted(t *testing.T, name string) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := meters.Collect(t.Context(), &all); err != nil {
		t.Fatalf("Collect() = %v; want nil", err)
	}
	got := map[string]int64{}
	for _, m := range all.ScopeMetrics[0].Metrics {
		for _, p := range points(m.Data) {
			if v, _ := p.Attributes.Value("breaker.name"); v.AsString() == name {
				got[m.Name] = p.Value
			}
		}
	}
	return got
}

func points(d metricdata.Aggregation) []metricdata.DataPoint[int64] {
	switch d := d.(type) {
	case metricdata.Sum[int64]:
		return d.DataPoints
	case metricdata.Gauge[int64]:
		return d.DataPoints
	}
	return nil
}

// How long a breaker is open goes by the clock that it is given.
func TestTheClockCanBeGiven(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	b := breaker.New(breaker.Config{Name: t.Name(), Failures: 1, OpenFor: time.Hour, Now: func() time.Time { return now }})
	_ = call(t, b, answers(errDown))
	checkState(t, b, breaker.Open)
	now = now.Add(time.Hour)
	if err := call(t, b, answers(nil)); !errors.Is(err, breaker.ErrOpen) {
		t.Errorf("Call() within the hour = %v; want %v", err, breaker.ErrOpen)
	}
	now = now.Add(moment)
	checkState(t, b, breaker.HalfOpen)
	_ = call(t, b, answers(errDown))
	checkState(t, b, breaker.Open)
	now = now.Add(time.Hour + moment)
	_ = call(t, b, answers(nil))
	checkState(t, b, breaker.Closed)
}

// TestInVirtualTimeACallIsTheCallersOwn: no goroutine and no timer, and all the
// same rules.
func TestInVirtualTimeACallIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	b, ctx := open(t), loop.Virtual(t.Context())
	for range 2 {
		_, err := breaker.Call(ctx, b, func(ctx context.Context) (string, error) {
			if _, bounded := ctx.Deadline(); bounded {
				t.Error("the call has a deadline in virtual time; want none")
			}
			return "", errDown
		})
		if !errors.Is(err, errDown) {
			t.Fatalf("Call(fails) = %v; want %v", err, errDown)
		}
	}
	if p := panicOf(func() { _, _ = breaker.Call(ctx, b, func(context.Context) (string, error) { panic("boo") }) }); p == nil {
		t.Error("Call(panics) returns; want a panic")
	}
	checkState(t, b, breaker.Open)
}

func panicOf(f func()) (p any) {
	defer func() { p = recover() }()
	f()
	return nil
}
