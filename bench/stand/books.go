package stand

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"orpheus.example/bench/result"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/onebox/verify"
)

// errBooks says that a load has left books that do not agree. A speed at which
// that happens is none.
var errBooks = errors.New("the books do not agree after the load")

// settleWithin is how long mails and lists may take after the last order has
// ended, on a machine that has other things to do. Books that agree are not
// waited for.
const settleWithin = 3 * time.Minute

// Check compares the books after all loads of a stand, in which so many orders
// were accepted. At most so many are read whole, spread over all of them: reading
// one takes seven calls. For all orders the facts that a delivered order leaves
// are counted in every log, once for each order; see checkFacts.
func (s *Stand) Check(ctx context.Context, accepted int64, most int) (*result.Books, error) {
	begun := time.Now()
	if s.check != nil { // the peer knows best
		if err := s.check(ctx); err != nil {
			return nil, err
		}
		return &result.Books{Orders: accepted, Verified: int(accepted), Took: time.Since(begun)}, nil
	}
	b := &result.Books{Orders: accepted}
	if s.Stack != nil {
		var err error
		if b.Orders, err = s.checkFacts(ctx, accepted); err != nil {
			return nil, err
		}
	}
	report, err := s.verify(ctx, int((b.Orders+int64(most)-1)/int64(most)))
	if err != nil {
		return nil, err
	}
	b.Verified, b.Checks, b.Took = report.Orders, len(report.Checks), time.Since(begun)
	return b, nil
}

// verify has the reconciler read every so many-th order, again until lists and
// mails have come after, as they may for a moment.
func (s *Stand) verify(ctx context.Context, stride int) (verify.Report, error) {
	c := s.books
	if stride > 1 {
		c.Orders = sample{OrderServiceClient: c.Orders, stride: stride}
	}
	deadline := time.Now().Add(settleWithin)
	for {
		report, err := verify.Run(ctx, c)
		switch {
		case err != nil: // somebody did not answer in time, and may the next time
		case stride > 1:
			report.Checks = without(report.Checks, "statistics") // which are about all orders
			err = wrong(report)
		default:
			err = wrong(report)
		}
		if err == nil {
			return report, nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return report, err
		}
	}
}

// wrong returns what does not agree, or is not over.
func wrong(report verify.Report) error {
	if err := report.Err(); err != nil {
		return fmt.Errorf("%w: %w", errBooks, err)
	}
	if report.Open > 0 {
		return fmt.Errorf("%w: %d orders have not ended: %v", errBooks, report.Open, report.Waiting[0])
	}
	return nil
}

func without(checks []verify.Check, name string) []verify.Check {
	var rest []verify.Check
	for _, c := range checks {
		if c.Name != name {
			rest = append(rest, c)
		}
	}
	return rest
}

// A sample is the order service as if it had only every so many-th order.
type sample struct {
	orderv1.OrderServiceClient
	stride int
}

// ListOrders leaves out what is not in the sample. Which orders those are follows
// from their ids, so that the lists before and after agree.
func (s sample) ListOrders(ctx context.Context, r *orderv1.ListOrdersRequest, o ...grpc.CallOption) (*orderv1.ListOrdersResponse, error) {
	list, err := s.OrderServiceClient.ListOrders(ctx, r, o...)
	if err != nil {
		return nil, err
	}
	var kept []*orderv1.OrderSummary
	for _, one := range list.GetOrders() {
		if s.picks(one.GetOrderId()) {
			kept = append(kept, one)
		}
	}
	list.Orders = kept
	return list, nil
}

// picks reports whether an order is in the sample, by the end of its id, which is
// as good as random.
func (s sample) picks(id string) bool {
	n := 0
	for _, c := range []byte(id[max(0, len(id)-8):]) {
		n = n*31 + int(c)
	}
	return n%s.stride == 0
}

// trail is what every delivered order leaves in the logs, once each.
var trail = []string{
	"order.v1.OrderConfirmed", "order.v1.OrderDispatched", "order.v1.OrderShipped", "order.v1.OrderDelivered",
	"payment.v1.PaymentAuthorized", "payment.v1.PaymentCaptured",
	"inventory.v1.StockReserved", "inventory.v1.StockDispatched",
	"shipping.v1.ShipmentBooked", "shipping.v1.ShipmentShipped", "shipping.v1.ShipmentDelivered",
}

// probed is what an order leaves besides that was made to try the shop, before a
// load, with a card that is declined.
var probed = []string{"payment.v1.PaymentDeclined", "order.v1.OrderCancelled"}

// checkFacts counts every fact of every order: as often as there are orders, and
// none that belongs to another end. All loads here are happy ones, but for the
// probes. There may be more orders than were accepted, where an answer was lost,
// and never fewer. It returns how many there are.
func (s *Stand) checkFacts(ctx context.Context, accepted int64) (int64, error) {
	t, err := s.Tally(ctx)
	if err != nil {
		return 0, err
	}
	probes := t.Facts[probed[0]]
	if err := t.check(t.Placed-probes, probes, accepted); err != nil {
		return 0, err
	}
	return t.Placed, s.checkOrders(ctx)
}

// uneven finds orders about which a fact of the trail was said more than once.
// Since there are as many of each fact as there are orders, without such orders
// there is none that a fact is missing of, either.
const uneven = `SELECT type || ' ' || count(*) || ' times' FROM ` + kept + `
	WHERE type = ANY($1) GROUP BY stream, correlation, type HAVING count(*) > 1 LIMIT 1`

// checkOrders holds every single order to its trail.
func (s *Stand) checkOrders(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, service := range services() {
		group.Go(func() error {
			db, err := s.connectTo(ctx, service)
			if err != nil {
				return err
			}
			defer func() { _ = db.Close(ctx) }() // every query was answered
			var says string
			switch err := db.QueryRow(ctx, uneven, trail).Scan(&says); {
			case errors.Is(err, pgx.ErrNoRows):
				return nil
			case err != nil:
				return fmt.Errorf("look for what %s has said twice: %w", service, err)
			}
			return fmt.Errorf("%w: %s has said of an order %s", errBooks, service, says)
		})
	}
	return group.Wait()
}

// check holds the facts to so many happy orders and so many probes.
func (t Tally) check(happy, probes, accepted int64) error {
	if happy < accepted {
		return fmt.Errorf("%w: %d orders were accepted, and %d are there", errBooks, accepted, happy)
	}
	for _, fact := range trail {
		if t.Facts[fact] != happy {
			return fmt.Errorf("%w: %d orders, and %s %d times", errBooks, happy, fact, t.Facts[fact])
		}
	}
	for _, fact := range probed {
		if t.Facts[fact] != probes {
			return fmt.Errorf("%w: %d orders with a declined card, and %s %d times", errBooks, probes, fact, t.Facts[fact])
		}
	}
	for _, fact := range otherEnds {
		if n := t.Facts[fact]; n > 0 {
			return fmt.Errorf("%w: %s %d times, where every order is a happy one", errBooks, fact, n)
		}
	}
	return nil
}

// otherEnds are the facts of the other ends that an order can come to.
var otherEnds = []string{
	"order.v1.OrderCancellationRequested", "order.v1.OrderCancellationRefused",
	"payment.v1.PaymentCaptureFailed", "payment.v1.PaymentVoided", "payment.v1.PaymentRefunded",
	"inventory.v1.StockUnavailable", "inventory.v1.StockReleased", "inventory.v1.StockReleaseRefused",
	"shipping.v1.ShipmentRefused", "shipping.v1.ShipmentCancelled",
}
