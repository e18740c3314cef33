package duty_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"orpheus.example/kit/breaker"
)

// While everything fails, whoever is called hears next to nothing: at most 1.1
// calls for each that is owed, over minutes and with more owed all the time. Nothing
// is given up, and all is done once it is back.
func TestFailuresAreNotAmplified(t *testing.T) {
	t.Parallel()
	const steps, pause, each = 24, 5 * time.Second, 2 // two minutes
	calls, away := 0, true
	var guard *breaker.Breaker
	o := open(t, true, func(call string) (string, error) {
		return breaker.Call(t.Context(), guard, func(context.Context) (string, error) {
			if calls++; away {
				return "", errors.New("nobody answers")
			}
			return call, nil
		})
	})
	guard = breaker.New(breaker.Config{Name: "post", Now: o.clock})
	owed := 0
	for range steps {
		for range each {
			o.mustAsk(t, fmt.Sprint("letter-", owed), "write")
			owed++
		}
		o.mustStep(t)
		o.pass(pause)
	}
	if most := owed + owed/10; calls > most {
		t.Errorf("%d calls for %d that are owed; want %d at most", calls, owed, most)
	}
	away = false
	for range 12 {
		o.pass(pause)
		o.mustStep(t)
	}
	for i := range owed {
		if s, _, err := o.host.Load(t.Context(), fmt.Sprint("letter-", i)); err != nil || !s.posted {
			t.Fatalf("letter %d = %+v, %v; want it posted once the post is back", i, s, err)
		}
	}
}
