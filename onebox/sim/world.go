package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/memlog"
)

// noon is when every schedule begins.
var noon = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

// A world is one shop with all around it. It is used for one schedule after the
// other, by one goroutine: what is costly to make is emptied, not made anew.
type world struct {
	ctx       context.Context //nolint:containedctx // of all calls: time stands still in it
	tape      tape
	now       time.Time
	services  [len(names)]*service
	broker    *broker
	outside   *outside
	customers []*customer
	received  map[string]int64 // pieces that came in, by sku

	// How bad it is, each in 256. Drawn anew for every schedule.
	faulty    bool // the first phase
	traced    bool // customers call in traces of their own
	hazard    int  // one effect fails
	mischief  int  // something happens between two steps
	reorder   int
	duplicate int
	wiped     bool // the broker has lost messages that nobody has said again yet

	seen     map[uuid.UUID]bool // by checkLogs
	versions map[string]int64   // the same
	glances  map[string]glance  // by kind

	choices    []step
	counts     Counts
	violations []Violation
	telling    bool // keep lines
	lines      []line
	work       Work // in all schedules
}

// A Violation is something that must never be.
type Violation struct {
	Check string // whose law is broken; the same for all that break it
	What  string
}

// String returns the violation for people.
func (v Violation) String() string { return v.Check + ": " + v.What }

func newWorld() *world {
	w := &world{
		ctx: loop.Virtual(context.Background()), outside: newOutside(), received: map[string]int64{},
		seen: map[uuid.UUID]bool{}, versions: map[string]int64{}, glances: map[string]glance{},
	}
	w.broker = newBroker(w)
	for i, name := range names {
		w.services[i] = &service{number: i, name: name, log: memlog.New(w.time)}
	}
	return w
}

// time is the clock of all services.
func (w *world) time() time.Time { return w.now }

// service returns the service of a name.
func (w *world) service(name string) *service {
	for _, s := range w.services {
		if s.name == name {
			return s
		}
	}
	panic("sim: service of unknown name")
}

// begin makes everything as it was at the beginning of the world. What a schedule
// leaves behind must not reach the next one, or a seed would depend on those
// before it; a test compares.
func (w *world) begin() {
	w.now = noon
	w.faulty, w.wiped, w.traced = false, false, false
	w.violations, w.lines, w.customers = w.violations[:0], w.lines[:0], w.customers[:0]
	w.broker.reset()
	w.outside.reset()
	for _, s := range w.services {
		s.log.Reset()
		s.trouble = 0
		s.begin(w)
	}
}

// happened counts something rare.
func (w *world) happened(r Rare) { w.counts[r]++ }

// violated notes that something is wrong. The schedule ends at the next step, so
// that a transcript ends where it went wrong.
func (w *world) violated(check, format string, args ...any) {
	v := Violation{check, fmt.Sprintf(format, args...)}
	w.violations = append(w.violations, v)
	w.tell("WRONG %s", v)
}

func (w *world) failed() bool { return len(w.violations) > 0 }

// must is for what cannot fail, because nothing does yet.
func (w *world) must(what string, err error) {
	if err != nil {
		w.violated("opening", "%s: %v", what, err)
	}
}

// committed looks at what a service has just kept, whether or not it ever hears
// of it.
func (w *world) committed(l *life, outcomes []eventlog.Outcome) {
	for _, o := range outcomes {
		for _, e := range o.Events {
			w.work.Events++
			if rare, ok := rareKinds[e.Type]; ok {
				w.happened(rare)
			}
			w.note(line{kind: keeps, from: l.service.name, what: e.Type, order: e.Correlation, version: e.Version})
			w.checkKept(&e)
		}
	}
}

// rareKinds are the events that are counted.
var rareKinds = map[string]Rare{
	"order.v1.OrderDelivered":          Delivered,
	"payment.v1.CancellationNoted":     LatePayment,
	"payment.v1.PaymentClosed":         PaymentTombstone,
	"payment.v1.PaymentVoided":         MoneyVoided,
	"payment.v1.PaymentRefunded":       MoneyRefunded,
	"inventory.v1.ReservationClosed":   StockTombstone,
	"inventory.v1.StockReleaseRefused": ReleaseRefused,
	"shipping.v1.ShipmentClosed":       ShipmentTombstone,
	"shipping.v1.ShipmentCancelled":    LabelCancelled,
	"shipping.v1.CarrierRefused":       SecondCarrier,
	"shipping.v1.ParcelLost":           ParcelLost,
	"notify.v1.MailRefused":            MailRefused,
	"notify.v1.WaitEnded":              GapWaitEnded,
}
