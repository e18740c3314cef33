package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/loop"
)

const (
	// none is the item of which there is never anything.
	none = "LOAD-NONE"
	// customers is how many there are. Nothing depends on who orders.
	customers = 256
	// fastest is more orders a second than any shop on one machine does: what a
	// window is stocked for.
	fastest = 20_000
	// mostReceived is how many pieces may come in at once, by the contract.
	mostReceived = 1_000_000
	// stockers is how many items are stocked at a time.
	stockers = 16
	// prepareWithin bounds how long it takes until the order service has heard
	// what things cost, and probes have ended.
	prepareWithin = 3 * time.Minute
	// lookAgain is how often that is looked at.
	lookAgain = 20 * time.Millisecond
)

// sku returns the name of an item, counted from 0.
func sku(i int) string { return fmt.Sprintf("LOAD-%05d", i+1) }

// A shelf holds all that orders are made of, built before the first is sent.
type shelf struct {
	lists     [][]*orderv1.PlaceOrderLine // one begins with each item
	lacking   *orderv1.PlaceOrderLine
	home      *orderv1.Address
	nowhere   *orderv1.Address
	customers [customers]string
	mails     [customers]string
}

func newShelf(c Config) shelf {
	s := shelf{
		lacking: &orderv1.PlaceOrderLine{Sku: none, Quantity: 1},
		home:    &orderv1.Address{Street: "1 Main St", City: "Ghent", PostalCode: "9000", CountryCode: "BE"},
		nowhere: &orderv1.Address{Street: "REFUSE 1 Main St", City: "Ghent", PostalCode: "9000", CountryCode: "BE"},
	}
	for i := range customers {
		s.customers[i] = fmt.Sprintf("load-%d", i)
		s.mails[i] = fmt.Sprintf("load-%d@example.com", i)
	}
	pick := rand.New(rand.NewPCG(c.Seed, 1)) //nolint:gosec // to be repeated, not to be secret
	for i := range c.SKUs {
		s.lists = append(s.lists, list(pick, i, c.SKUs, c.Lines))
	}
	return s
}

// list returns a list of lines about different items, the first of which is
// given. All items stand in as many lists as each other, but for chance.
func list(pick *rand.Rand, first, skus, lines int) []*orderv1.PlaceOrderLine {
	taken := map[int]bool{first: true}
	all := []*orderv1.PlaceOrderLine{{Sku: sku(first), Quantity: 1}}
	for len(all) < lines {
		i := pick.IntN(skus)
		if taken[i] {
			i = (first + len(all)) % skus // few are left
		}
		if taken[i] {
			continue
		}
		taken[i] = true
		all = append(all, &orderv1.PlaceOrderLine{Sku: sku(i), Quantity: 1})
	}
	return all
}

// tokens decide how a payment goes.
var tokens = [outcomes]string{
	Happy: "tok_ok", Declined: "tok_declined", Insufficient: "tok_insufficient_funds", NoStock: "tok_ok",
	Refused: "tok_ok", CaptureFails: "tok_capture_fails", Cancelled: "tok_ok",
}

// fill makes r the request of an order, but for its id.
func (s *shelf) fill(r *orderv1.PlaceOrderRequest, a arrival) {
	who := a.n % customers
	r.CustomerId, r.Email, r.Name = s.customers[who], s.mails[who], "Load"
	r.PaymentToken, r.ShipTo, r.Lines = tokens[a.outcome], s.home, s.lists[a.list]
	switch a.outcome {
	case Refused:
		r.ShipTo = s.nowhere
	case NoStock:
		r.Lines = append([]*orderv1.PlaceOrderLine{s.lacking}, s.lists[a.list][1:]...)
	default: // the token decides
	}
}

// prepare stocks the shop, waits until all of it can be ordered, and counts what
// is there already.
func (r *run) prepare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, prepareWithin)
	defer cancel()
	before, err := r.count(ctx)
	if err != nil {
		return fmt.Errorf("count orders: %w", err)
	}
	if err := r.stock(ctx); err != nil {
		return fmt.Errorf("stock the shop: %w", err)
	}
	probes, err := r.probe(ctx)
	if err != nil {
		return fmt.Errorf("try whether all can be ordered: %w", err)
	}
	return r.awaitProbes(ctx, before, probes)
}

// stock puts all items on sale, with more of each than can be ordered.
func (r *run) stock(ctx context.Context) error {
	if r.Stock == nil {
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(stockers)
	var mu sync.Mutex
	for i := range r.SKUs {
		group.Go(func() error {
			fresh, err := r.list(ctx, sku(i), int64(i))
			if err != nil {
				return err
			}
			pieces, err := r.receive(ctx, i)
			if fresh {
				mu.Lock()
				defer mu.Unlock()
				r.received[sku(i)] = pieces
			}
			return err
		})
	}
	group.Go(func() error {
		_, err := r.list(ctx, none, MaxSKUs)
		return err
	})
	return group.Wait()
}

// list puts an item on sale, unless it is, and reports whether it was not.
func (r *run) list(ctx context.Context, name string, n int64) (fresh bool, err error) {
	_, err = r.Stock.GetItem(ctx, &inventoryv1.GetItemRequest{Sku: name})
	if status.Code(err) != codes.NotFound {
		return false, err
	}
	_, err = r.Stock.AddItem(ctx, &inventoryv1.AddItemRequest{
		RequestId: r.requestID(kindList, n, 0), Sku: name, Name: "Made for the load",
		Price: &moneypb.Money{CurrencyCode: "EUR", Units: 21},
	})
	return true, err
}

// receive has enough pieces of an item come in, and returns how many.
func (r *run) receive(ctx context.Context, i int) (int64, error) {
	need, got := r.need(), int64(0)
	for part := int64(0); got < need; part++ {
		pieces := min(need-got, mostReceived)
		_, err := r.Stock.ReceiveStock(ctx, &inventoryv1.ReceiveStockRequest{
			RequestId: r.requestID(kindReceive, part*MaxSKUs+int64(i), 0), Sku: sku(i), Quantity: pieces,
		})
		if err != nil {
			return got, err
		}
		got += pieces
	}
	return got, nil
}

// need is how many pieces of one item are enough: twice of what is expected, for
// chance, and some for the probes.
func (r *run) need() int64 {
	rate := r.Rate
	if r.Window > 0 {
		rate = fastest
	}
	orders := rate*r.sending().Seconds() + float64(r.Window)
	return int64(2*orders*float64(r.Lines)/float64(r.SKUs)) + 1000
}

// probe orders everything once, with a card that is declined, so that it takes
// no stock: the order service hears what things cost over the broker, like all
// else, and refuses an item until then. It returns the orders' ids.
func (r *run) probe(ctx context.Context) (ids []string, err error) {
	lines := []*orderv1.PlaceOrderLine{r.shelf.lacking}
	for i := range r.SKUs {
		lines = append(lines, r.shelf.lists[i][0])
	}
	for n := int64(0); len(lines) > 0; n++ {
		request := &orderv1.PlaceOrderRequest{}
		r.shelf.fill(request, arrival{n: n, outcome: Declined})
		request.RequestId = r.requestID(kindProbe, n, 0)
		few := min(len(lines), MaxLines)
		request.Lines, lines = lines[:few], lines[few:]
		id, err := r.insist(ctx, request)
		if err != nil {
			return ids, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// insist places an order as soon as its items are known.
func (r *run) insist(ctx context.Context, request *orderv1.PlaceOrderRequest) (string, error) {
	for {
		answer, err := r.Orders[0].PlaceOrder(ctx, request)
		if code := status.Code(err); code != codes.InvalidArgument && code != codes.Unavailable {
			return answer.GetOrderId(), err
		}
		if loop.Sleep(ctx, lookAgain) != nil {
			return "", fmt.Errorf("not within %s: %w", prepareWithin, err)
		}
	}
}

// awaitProbes waits until the probes have ended and are counted, so that the
// count of the load begins after them.
func (r *run) awaitProbes(ctx context.Context, before census, probes []string) error {
	for {
		now, err := r.count(ctx)
		if err == nil && now.ended()-before.ended() >= int64(len(probes)) {
			r.tracker.base, r.tracker.last = now, now
			return nil
		}
		if loop.Sleep(ctx, lookAgain) != nil {
			return errors.Join(fmt.Errorf("%d orders made to try the shop have not ended within %s", len(probes), prepareWithin), err)
		}
	}
}
