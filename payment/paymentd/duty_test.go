package paymentd

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/kit/breaker"
	"orpheus.example/payment"
)

// answers is a provider that has one answer to everything, and counts the calls.
type answers struct {
	err   error
	calls int
}

func (a *answers) answer() (string, error) {
	a.calls++
	return "ref", a.err
}

func (a *answers) Authorize(context.Context, payment.CallAuthorize) (string, error) {
	return a.answer()
}
func (a *answers) Capture(context.Context, payment.CallCapture) (string, error) { return a.answer() }
func (a *answers) Void(context.Context, payment.CallVoid) (string, error)       { return a.answer() }
func (a *answers) Refund(context.Context, payment.CallRefund) (string, error)   { return a.answer() }

var calls = []payment.Call{
	payment.CallAuthorize{Key: "o/authorize"}, payment.CallCapture{Key: "o/capture"},
	payment.CallRefund{Key: "o/refund-r", ID: "r"}, payment.CallVoid{Key: "o/void"},
}

func TestDoNotesAnswers(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		err  error
		want []payment.Command // nil where the call stays owed
	}{
		{"yes", nil, []payment.Command{
			payment.NoteAuthorized{Authorization: "ref"}, payment.NoteCaptured{Reference: "ref"},
			payment.NoteRefunded{ID: "r", Reference: "ref"}, payment.NoteVoided{Reference: "ref"},
		}},
		{"no", Refusal{"no", "never"}, []payment.Command{
			payment.NoteDeclined{Code: "no", Message: "never"}, payment.NoteNotCaptured{Code: "no", Message: "never"},
			payment.NoteNotRefunded{ID: "r", Code: "no", Message: "never"}, nil,
		}},
		{"unfit", ErrUnfit, make([]payment.Command, 4)},
		{"unclear", errors.New("connection reset"), make([]payment.Command, 4)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			teller := newTeller(&answers{err: c.err}, time.Now)
			for i, call := range calls {
				got, err := teller.do(t.Context(), "payment-o", payment.State{}, call)
				if (err == nil) != (c.want[i] != nil) {
					t.Errorf("do(%T) = %v; want an error: %v", call, err, c.want[i] == nil)
				}
				if diff := cmp.Diff(c.want[i], got); err == nil && diff != "" {
					t.Errorf("do(%T): (-want +got)\n%s", call, diff)
				}
			}
		})
	}
}

// A provider that is down is left alone after a while; one that says no is not
// down.
func TestDoLeavesADownProviderAlone(t *testing.T) {
	t.Parallel()
	down, refuses := &answers{err: errors.New("connection refused")}, &answers{err: Refusal{Code: "no"}}
	for _, p := range []*answers{down, refuses} {
		teller := newTeller(p, time.Now)
		for n := range 2 * breaker.DefaultFailures {
			_, _ = teller.do(t.Context(), fmt.Sprint("payment-", n), payment.State{}, calls[0]) // only what reaches the provider counts
		}
	}
	if down.calls != breaker.DefaultFailures || refuses.calls != 2*breaker.DefaultFailures {
		t.Errorf("called %d and %d times; want %d and %d", down.calls, refuses.calls, breaker.DefaultFailures, 2*breaker.DefaultFailures)
	}
}

// A payment that the provider never answers is asked for again and again. All
// others are answered meanwhile.
func TestOnePaymentDoesNotKeepOthersFromTheProvider(t *testing.T) {
	t.Parallel()
	hangs := &answers{err: context.DeadlineExceeded}
	teller := newTeller(hangs, time.Now)
	for range 2 * breaker.DefaultFailures {
		_, _ = teller.do(t.Context(), "payment-hangs", payment.State{}, calls[0]) // it is the next call that counts
	}
	hangs.err = nil
	if _, err := teller.do(t.Context(), "payment-other", payment.State{}, calls[0]); err != nil {
		t.Errorf("do for another payment = %v; want an answer", err)
	}
}
