package chaos

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	orderv1 "orpheus.example/gen/go/order/v1"
)

// A witness hears every call that places an order, and every answer. What it has
// heard is what the shop is held to.
type witness struct {
	clients []orderv1.OrderServiceClient

	mu      sync.Mutex
	turn    int                                   // calls are counted for it
	counts  map[int]*tally                        // by turn
	answers map[string]promise                    // by request id: orders that were acknowledged
	made    []promise                             // the same, in the order of their times
	unknown map[string]*orderv1.PlaceOrderRequest // by request id: calls of which nothing is known
	lies    []string                              // what was wrong with answers
}

// A tally counts calls.
type tally struct{ attempts, acknowledged int64 }

// A promise is an order that was acknowledged, when, and during which turn.
type promise struct {
	order string
	turn  int
	at    time.Time
}

func newWitness(clients []orderv1.OrderServiceClient) *witness {
	return &witness{
		clients: clients, counts: map[int]*tally{}, answers: map[string]promise{},
		unknown: map[string]*orderv1.PlaceOrderRequest{},
	}
}

// orders returns the clients to place orders with.
func (w *witness) orders() []orderv1.OrderServiceClient {
	var heard []orderv1.OrderServiceClient
	for _, c := range w.clients {
		heard = append(heard, overheard{c, w})
	}
	return heard
}

// begin has calls counted for a turn from now on.
func (w *witness) begin(turn int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.turn = turn
}

// tally returns what was counted for a turn.
func (w *witness) tally(turn int) tally {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.counts[turn]; t != nil {
		return *t
	}
	return tally{}
}

// count adds to the tally of the present turn.
func (w *witness) count(f func(*tally)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.counts[w.turn] == nil {
		w.counts[w.turn] = &tally{}
	}
	f(w.counts[w.turn])
}

// heard notes an answer. A request may be repeated, and must always get the same
// one; an answer that is missing says nothing.
func (w *witness) heard(r *orderv1.PlaceOrderRequest, answer *orderv1.PlaceOrderResponse, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := r.GetRequestId()
	before, known := w.answers[id]
	switch {
	case err == nil && known && before.order != answer.GetOrderId():
		w.lies = append(w.lies, fmt.Sprintf("request %s made order %s and then %s", id, before.order, answer.GetOrderId()))
	case err == nil && !known:
		w.answers[id] = promise{answer.GetOrderId(), w.turn, time.Now()}
		w.made = append(w.made, w.answers[id])
		delete(w.unknown, id)
	case err != nil && !known && mayBeThere(status.Code(err)) && w.unknown[id] == nil:
		w.unknown[id] = proto.CloneOf(r) // the caller uses it again
	}
}

// mayBeThere reports whether an order may have been made although the answer was
// this one.
func mayBeThere(c codes.Code) bool {
	switch c {
	case codes.DeadlineExceeded, codes.Unavailable, codes.Internal, codes.Unknown, codes.Canceled, codes.Aborted:
		return true
	default: // a refusal: nothing has happened
		return false
	}
}

// mostFresh is how many new orders are looked for at most: some never come to
// shipping, most do.
const mostFresh = 50

// since returns the first orders that were acknowledged after a time.
func (w *witness) since(t time.Time) (orders []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := sort.Search(len(w.made), func(i int) bool { return w.made[i].at.After(t) })
	for _, p := range w.made[first:min(len(w.made), first+mostFresh)] {
		orders = append(orders, p.order)
	}
	return orders
}

// again makes the calls that got no answer once more, until they get one: all of
// them are orders then, each one order.
func (w *witness) again(ctx context.Context) error {
	for {
		id, r := w.open()
		if r == nil {
			return nil
		}
		err := eventually(ctx, patience, 50*time.Millisecond, "request "+id+" is answered", func() error {
			ctx, cancel := context.WithTimeout(ctx, callWithin)
			defer cancel()
			answer, err := w.clients[0].PlaceOrder(ctx, r)
			w.heard(r, answer, err)
			return err
		})
		if err != nil {
			return err
		}
	}
}

// callWithin bounds one call of ours.
const callWithin = 20 * time.Second

// open returns one of the requests of which nothing is known.
func (w *witness) open() (string, *orderv1.PlaceOrderRequest) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, r := range w.unknown {
		return id, r
	}
	return "", nil
}

// An overheard client lets the witness hear what it is asked and answered.
type overheard struct {
	orderv1.OrderServiceClient
	w *witness
}

// PlaceOrder implements orderv1.OrderServiceClient.
func (o overheard) PlaceOrder(ctx context.Context, r *orderv1.PlaceOrderRequest, options ...grpc.CallOption) (*orderv1.PlaceOrderResponse, error) {
	o.w.count(func(t *tally) { t.attempts++ })
	answer, err := o.OrderServiceClient.PlaceOrder(ctx, r, options...)
	o.w.heard(r, answer, err)
	if err == nil {
		o.w.count(func(t *tally) { t.acknowledged++ })
	}
	return answer, err
}
