package ops

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
	"google.golang.org/grpc"

	opsv1 "orpheus.example/gen/go/ops/v1"
	"orpheus.example/kit/deadletter"
)

// Limits of a replay of letters.
const (
	// defaultLetters is how many letters a second are replayed if nobody says.
	defaultLetters = 100
	// ordersAtOnce is how many orders are at work side by side.
	ordersAtOnce = 16
	// atOnce is how many letters are listed at a time.
	atOnce = 1000
)

// ReplayDeadLetters has letters handled again: those of an order one after the
// other, different orders side by side. What only waited behind them comes along.
// A trial goes through all of it in order, on a log that forgets.
func (d *Desk) ReplayDeadLetters(r *opsv1.ReplayDeadLettersRequest, out grpc.ServerStreamingServer[opsv1.ReplayDeadLettersResponse]) error {
	ctx := out.Context()
	by, err := selectionOf(r.GetSelection(), true)
	if err != nil {
		return err
	}
	orders, total, err := d.pick(ctx, by)
	if err != nil {
		return err
	}
	if by.Letter != "" && total == 0 {
		return unknownLetter
	}
	per := r.GetRate()
	if per == 0 {
		per = defaultLetters
	}
	p := &replay{
		Letters: d.Letters, handle: d.Heed, operator: r.GetOperator(), side: ordersAtOnce,
		limit: rate.NewLimiter(rate.Limit(per), 1), send: out.Send, total: total,
	}
	if r.GetDryRun() {
		p.Letters, p.handle = d.On(newDraft(d.Store))
		p.side = 1
	}
	d.log.InfoContext(ctx, "dead letters are replayed", "operator", p.operator, "dry_run", r.GetDryRun(), "letters", total)
	return p.run(ctx, orders)
}

// An order is the letters of one undertaking that are to be replayed.
type order struct {
	id      string
	letters []deadletter.Listed
}

// pick returns the letters to be replayed, by order: all that were selected, those
// that stand before them, and those that only wait behind them.
func (d *Desk) pick(ctx context.Context, by deadletter.Selection) (orders []*order, total int64, err error) {
	if err := d.listing.CatchUp(ctx); err != nil {
		return nil, 0, err
	}
	named := map[string]*order{}
	err = each(ctx, by, d.listing.Together, func(l deadletter.Listed) error {
		if named[l.Order] == nil {
			named[l.Order] = &order{id: l.Order}
			orders = append(orders, named[l.Order])
		}
		named[l.Order].letters = append(named[l.Order].letters, l)
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	for _, o := range orders {
		o.letters = o.letters[:reach(o.letters, by)]
		total += int64(len(o.letters))
	}
	return orders, total, nil
}

// A list is one of the listing's queries: letters after a number, in order.
type list func(ctx context.Context, by deadletter.Selection, after int64, limit int) ([]deadletter.Listed, error)

// each does something with every letter that from has, a page at a time, and
// stops at the first error. A letter that do takes away leaves the others in place.
func each(ctx context.Context, by deadletter.Selection, from list, do func(deadletter.Listed) error) error {
	for after := int64(0); ; {
		found, err := from(ctx, by, after, atOnce)
		if err != nil {
			return err
		}
		for _, l := range found {
			after = l.Number
			if err := do(l); err != nil {
				return err
			}
		}
		if len(found) < atOnce {
			return nil
		}
	}
}

// reach returns how many of the letters of an order are to be replayed.
func reach(letters []deadletter.Listed, by deadletter.Selection) int {
	picked := func(l deadletter.Listed) bool {
		return (by.Letter == "" || l.ID == by.Letter) && (by.Cause == "" || l.Cause == by.Cause)
	}
	n := len(letters)
	for n > 0 && !picked(letters[n-1]) {
		n--
	}
	for n < len(letters) && letters[n].Reason == deadletter.Behind {
		n++
	}
	return n
}

// A replay is one replay of letters.
type replay struct {
	*deadletter.Letters
	handle   deadletter.Handler
	operator string
	limit    *rate.Limiter
	side     int // orders side by side

	mu          sync.Mutex // one at a time tells
	send        func(*opsv1.ReplayDeadLettersResponse) error
	done, total int64
}

func (p *replay) run(ctx context.Context, orders []*order) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(p.side)
	for _, o := range orders {
		group.Go(func() error { return p.order(ctx, o) })
	}
	return group.Wait()
}

// order replays the letters of one order, up to the first that stays.
func (p *replay) order(ctx context.Context, o *order) error {
	for i, l := range o.letters {
		if err := p.limit.Wait(ctx); err != nil {
			return err
		}
		outcome, failure, err := p.Replay(ctx, o.id, l.Place.ID, p.operator, p.handle)
		if err != nil {
			return err
		}
		if err := p.tell(o.id, l.ID, l.Type, outcome, failure); err != nil {
			return err
		}
		if outcome == deadletter.ReplayFailed || outcome == deadletter.ReplayWaits {
			return p.leave(o, i+1)
		}
	}
	// More may have come meanwhile, and have found one of these in its way.
	return p.Follow(ctx, o.id, p.operator, p.handle, func(l deadletter.Letter, outcome deadletter.Outcome, failure string) error {
		if err := p.limit.Wait(ctx); err != nil {
			return err
		}
		p.more()
		return p.tell(o.id, l.ID.String(), l.Message.Type, outcome, failure)
	})
}

// leave tells of the letters that stay because one before them does.
func (p *replay) leave(o *order, from int) error {
	for _, l := range o.letters[from:] {
		if err := p.tell(o.id, l.ID, l.Type, deadletter.ReplayWaits, ""); err != nil {
			return err
		}
	}
	return nil
}

// more counts a letter that was not picked.
func (p *replay) more() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total++
}

func (p *replay) tell(order, letter, kind string, outcome deadletter.Outcome, failure string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	return p.send(&opsv1.ReplayDeadLettersResponse{
		LetterId: letter, OrderId: order, Type: kind, Outcome: outcomes[outcome], Error: failure,
		Done: p.done, Total: p.total,
	})
}
