package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/loop"
)

func (s *session) orderWatch() *cobra.Command {
	return &cobra.Command{
		Use: "watch ORDER", Short: "Watch the services dance, fact by fact",
		Long: `Watch an order from its beginning until nothing more will happen to it: one
line for each fact, with who said it and how long after the one before. What the
order says itself is followed by what it hears. A line that begins with ! makes
the order turn round, one with < undoes what was done.`,
		Args: cobra.ExactArgs(1),
		RunE: s.runs(func(c *cobra.Command, args []string) error {
			ctx := c.Context()
			if c.Flags().Changed("timeout") {
				var cancel context.CancelFunc
				ctx, cancel = s.patient(ctx)
				defer cancel()
			}
			return s.follow(ctx, args[0])
		}),
	}
}

const (
	// tries is how often in a row a watch may break before it is given up, and
	// retryAfter how long to wait in between: time enough for a restart.
	tries      = 10
	retryAfter = 500 * time.Millisecond
)

// A watcher shows the events of one order, each once, however often the watch
// has to begin again.
type watcher struct {
	*session
	id    string
	shown int64 // the version up to which all is shown
	first time.Time
	last  time.Time
	said  time.Time // when the order itself said something last
	order *orderv1.Order
}

// follow shows an order's trail from its beginning to its end.
func (s *session) follow(ctx context.Context, id string) error {
	w := &watcher{session: s, id: id}
	for broken := 0; ; broken++ {
		before := w.shown
		err := w.once(ctx)
		if err == nil {
			return w.end()
		}
		if w.shown > before {
			broken = 0
		}
		if !worthAnother(err) || w.order == nil || broken == tries {
			return err
		}
		if err := loop.Sleep(ctx, retryAfter); err != nil {
			return err
		}
	}
}

// worthAnother reports whether a watch that broke may succeed if it begins again.
func worthAnother(err error) bool {
	return status.Code(err) == codes.Unavailable || errors.Is(err, errNoEnd)
}

// once watches until the stream ends. What was before the watch began is read
// from the trail.
func (w *watcher) once(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := w.orders().WatchOrder(ctx, &orderv1.WatchOrderRequest{OrderId: w.id})
	if err != nil {
		return err
	}
	for {
		r, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return w.check()
		}
		if err != nil {
			return err
		}
		if err := w.take(ctx, r); err != nil {
			return err
		}
	}
}

// check sees that the order has ended where its watch did.
func (w *watcher) check() error {
	state := w.order.GetState()
	if state != orderv1.OrderState_ORDER_STATE_DELIVERED && state != orderv1.OrderState_ORDER_STATE_CANCELLED {
		return errNoEnd
	}
	return nil
}

func (w *watcher) take(ctx context.Context, r *orderv1.WatchOrderResponse) error {
	switch {
	case r.GetSnapshot() != nil:
		w.order = r.GetSnapshot()
		return w.catchUp(ctx)
	case r.GetChange() != nil:
		w.order = r.GetChange().GetOrder()
		return w.line(r.GetChange().GetEvent())
	}
	return nil // a sign of life
}

// catchUp shows what happened up to the snapshot.
func (w *watcher) catchUp(ctx context.Context) error {
	events, err := w.trail(ctx, w.id, 0)
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.GetVersion() > w.order.GetVersion() {
			break // it comes as a change
		}
		if err := w.line(e); err != nil {
			return err
		}
	}
	return nil
}

// trail reads an order's events.
func (s *session) trail(ctx context.Context, id string, limit int) ([]*orderv1.OrderEvent, error) {
	return pages(limit, func(token string, size int32) ([]*orderv1.OrderEvent, string, error) {
		r, err := s.orders().ListOrderEvents(ctx, &orderv1.ListOrderEventsRequest{OrderId: id, PageSize: size, PageToken: token})
		return r.GetEvents(), r.GetNextPageToken(), err
	})
}

// line shows one event, unless it was shown before.
func (w *watcher) line(e *orderv1.OrderEvent) error {
	if e.GetVersion() <= w.shown {
		return nil
	}
	at := e.GetTime().AsTime()
	if w.shown == 0 {
		w.first, w.last = at, at
		if err := w.head(); err != nil {
			return err
		}
	}
	w.shown = e.GetVersion()
	after := at.Sub(w.last)
	w.last = at
	if e.GetPublished() {
		w.said = at
	}
	if w.output == "json" {
		return w.showLine(e)
	}
	f := factOf(e)
	text := fmt.Sprintf("%s %8s  %-9s  %s", f.path.mark(), "+"+took(after), f.by, f.name)
	if f.detail != "" {
		text = fmt.Sprintf("%-50s  %s", text, safe(f.detail))
	}
	_, err := fmt.Fprintln(w.Out, w.colour(f.path, text))
	return err
}

func (w *watcher) head() error {
	if w.output == "json" {
		return nil
	}
	_, err := fmt.Fprintf(w.Out, "order %s, placed %s\n", w.id, w.first.In(w.Zone).Format("2006-01-02 15:04:05"))
	return err
}

// end says how the order ended.
func (w *watcher) end() error {
	if w.output == "json" {
		return nil
	}
	how := orderState(w.order.GetState())
	if w.order.GetState() == orderv1.OrderState_ORDER_STATE_CANCELLED {
		how += " (" + plain(w.order.GetCancelReason(), "CANCEL_REASON_") + ")"
	}
	_, err := fmt.Fprintf(w.Out, "%s after %s\n", how, took(w.said.Sub(w.first)))
	return err
}

// colour paints a line for people who see colours and did not ask for none
// (no-color.org).
func (s *session) colour(p path, text string) string {
	if !s.Terminal || s.Env("NO_COLOR") != "" || p == onward {
		return text
	}
	const red, yellow, off = "\x1b[31m", "\x1b[33m", "\x1b[0m"
	if p == wrong {
		return red + text + off
	}
	return yellow + text + off
}
