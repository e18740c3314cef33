package notifyd

import (
	"errors"
	"fmt"
	"net/mail"
	"time"

	"google.golang.org/protobuf/proto"

	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/wire"
	"orpheus.example/notify"
)

// hears are the facts of others that notify listens to: all that an order says,
// and refunds.
var hears = wire.KindsOf(
	&orderv1.OrderPlaced{}, &orderv1.OrderConfirmed{}, &orderv1.OrderCancellationRequested{},
	&orderv1.OrderCancellationRefused{}, &orderv1.OrderCancelled{}, &orderv1.OrderDispatched{},
	&orderv1.OrderShipped{}, &orderv1.OrderDelivered{}, &paymentv1.PaymentRefunded{},
)

// errAddress says that a fact gives no address that one mail can go to. Order
// lets none through, so people must look at it.
var errAddress = errors.New("email is not one address")

// ears turn messages into what notify does about them.
type ears struct {
	now     func() time.Time
	gapWait time.Duration
}

// react returns what notify does about a message.
func (e ears) react(m bus.Message) ([]decider.Reaction[notify.Command], error) {
	body, err := hears.Decode(m.Type, m.Body)
	if err != nil {
		return nil, err
	}
	h, err := e.heard(m, body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Type, err)
	}
	var reactions []decider.Reaction[notify.Command]
	for _, r := range notify.React(h) {
		reactions = append(reactions, decider.Reaction[notify.Command](r))
	}
	return reactions, nil
}

// An orderFact is any fact that an order says.
type orderFact interface {
	GetOrderId() string
	GetSequence() int64
	GetOrder() *orderv1.OrderDetails
}

// heard retells a fact in notify's own words.
func (e ears) heard(m bus.Message, body proto.Message) (notify.Heard, error) {
	switch f := body.(type) {
	case *paymentv1.PaymentRefunded:
		amount, err := fromMoney(f.GetAmount())
		return notify.PaymentRefunded{ID: m.ID.String(), Order: f.GetOrderId(), At: m.Time.UTC(), Amount: amount}, err
	case orderFact:
		mail, err := mailAbout(m, f)
		until := e.now().Add(e.gapWait).UTC().Truncate(time.Microsecond) // as exact as it is going to be kept
		return notify.OrderSaid{Mail: mail, WaitUntil: until}, err
	}
	panic(fmt.Sprintf("notifyd: hears %s but has no word for it", m.Type)) // a kind in hears, forgotten here
}

// mailAbout returns the mail that tells of an order's fact.
func mailAbout(m bus.Message, f orderFact) (notify.Mail, error) {
	news, err := newsOf(m.Type)
	if err != nil {
		return notify.Mail{}, err
	}
	if to, err := mail.ParseAddress(f.GetOrder().GetEmail()); err != nil || to.Address != f.GetOrder().GetEmail() {
		return notify.Mail{}, errAddress
	}
	total, err := fromMoney(f.GetOrder().GetTotal())
	if err != nil {
		return notify.Mail{}, err
	}
	lines, err := linesFromWire(f.GetOrder().GetLines())
	about := notify.Mail{
		ID: m.ID.String(), Order: f.GetOrderId(), News: news, Number: f.GetSequence(), At: m.Time.UTC(),
		Email: f.GetOrder().GetEmail(), Name: f.GetOrder().GetName(), Lines: lines, Total: total,
	}
	if f, ok := f.(interface{ GetReason() orderv1.CancelReason }); ok {
		about.Reason = reasonFromWire(f.GetReason())
	}
	if f, ok := f.(interface {
		GetCarrier() string
		GetTrackingNumber() string
	}); ok {
		about.Carrier, about.Tracking = f.GetCarrier(), f.GetTrackingNumber()
	}
	return about, err
}
