package chaos

import (
	"context"
	"strconv"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	orderv1 "orpheus.example/gen/go/order/v1"
)

// answering is an order service that answers as it is told, call by call.
type answering struct {
	orderv1.OrderServiceClient
	answers []func() (string, error)
}

func (a *answering) PlaceOrder(context.Context, *orderv1.PlaceOrderRequest, ...grpc.CallOption) (*orderv1.PlaceOrderResponse, error) {
	next := a.answers[0]
	a.answers = a.answers[1:]
	id, err := next()
	return &orderv1.PlaceOrderResponse{OrderId: id}, err
}

func says(id string) func() (string, error) { return func() (string, error) { return id, nil } }

func fails(code codes.Code) func() (string, error) {
	return func() (string, error) { return "", status.Error(code, "as told") }
}

// place places the orders of some requests, each on the answer of its place.
func place(t *testing.T, w *witness, requests ...string) {
	t.Helper()
	for _, id := range requests {
		_, _ = w.orders()[0].PlaceOrder(t.Context(), &orderv1.PlaceOrderRequest{RequestId: id})
	}
}

func newAnswering(answers ...func() (string, error)) *witness {
	return newWitness([]orderv1.OrderServiceClient{&answering{answers: answers}})
}

func TestWitnessCountsByTurn(t *testing.T) {
	t.Parallel()
	w := newAnswering(says("1"), fails(codes.Unavailable), says("2"), says("3"))
	w.begin(1)
	place(t, w, "a", "b", "b")
	w.begin(2)
	place(t, w, "c")
	if got, want := w.tally(1), (tally{3, 2}); got != want {
		t.Errorf("tally(1) = %+v; want %+v", got, want)
	}
	if got, want := w.tally(2), (tally{1, 1}); got != want {
		t.Errorf("tally(2) = %+v; want %+v", got, want)
	}
	if n := len(w.promises()); n != 3 || len(w.unknown) != 0 || len(w.lies) != 0 {
		t.Errorf("%d promises, %d unknown, lies %q; want three, none, none", n, len(w.unknown), w.lies)
	}
}

// One request that makes two orders is noticed.
func TestWitnessCatchesLies(t *testing.T) {
	t.Parallel()
	w := newAnswering(says("1"), says("1"), says("2"))
	place(t, w, "a", "a", "a")
	if len(w.lies) != 1 {
		t.Errorf("lies = %q; want one", w.lies)
	}
}

// Calls without an answer are made again until they have one; refusals are not.
func TestWitnessAsksAgain(t *testing.T) {
	t.Parallel()
	w := newAnswering(fails(codes.DeadlineExceeded), fails(codes.ResourceExhausted), fails(codes.Unavailable), says("1"))
	place(t, w, "a", "b")
	if err := w.again(t.Context()); err != nil {
		t.Fatalf("again() = %v; want nil", err)
	}
	if n := len(w.promises()); n != 1 || len(w.unknown) != 0 {
		t.Errorf("%d promises, %d unknown; want one and none", n, len(w.unknown))
	}
}

// What is fresh are the first orders after a time, and not all of them.
func TestWitnessKnowsWhatIsFresh(t *testing.T) {
	t.Parallel()
	w := newAnswering()
	noon := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)
	for n := range 3 * mostFresh {
		w.made = append(w.made, promise{order: strconv.Itoa(n), at: noon.Add(time.Duration(n) * time.Second)})
	}
	got := w.since(noon.Add(time.Minute))
	if len(got) != mostFresh || got[0] != "61" {
		t.Errorf("since(a minute later) = %d orders, from %s; want %d, from 61", len(got), got[0], mostFresh)
	}
	if got := w.since(noon.Add(time.Hour)); len(got) > 0 {
		t.Errorf("since(an hour later) = %q; want none", got)
	}
}
