package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
	"orpheus.example/onebox/dance"
	"orpheus.example/onebox/verify"
)

const (
	// readings is how often all books are read before what they say counts. A
	// reading of many orders takes minutes, in which the last of them may move.
	readings = 3
	// copies is how often one mail may have arrived, as the same message: a crash
	// between the mail server's answer and its record makes one more, and notify is
	// killed all the time.
	copies = 10
)

// judge ends the load and compares all that was promised with all that is there.
func (r *run) judge(ctx context.Context) error {
	r.say("all faults are over; waiting for orders to end")
	begun := time.Now()
	r.stop()
	l := <-r.took
	if err := r.witness.again(ctx); err != nil {
		r.report.wrong("a call gets no answer: %v", err)
	}
	if err := l.report.Err(); err != nil {
		r.report.wrong("%v", err)
	}
	if l.err != nil {
		return fmt.Errorf("load: %w", l.err)
	}
	r.say("ended after %s; comparing all books", time.Since(begun).Round(time.Second))
	if err := r.compare(ctx, l.report.Received); err != nil {
		return err
	}
	if err := r.checkOrders(ctx); err != nil {
		return err
	}
	if err := r.checkFlow(ctx); err != nil {
		return err
	}
	if err := r.checkQueues(ctx); err != nil {
		return err
	}
	r.checkLogs()
	r.sum()
	return nil
}

// compare has the reconciler read every order.
func (r *run) compare(ctx context.Context, received map[string]int64) error {
	c := r.books()
	c.Received, c.Copies = received, copies
	var found verify.Report
	for n := range readings {
		if n > 0 {
			r.say("read %d orders, not all at rest or in agreement; reading again", found.Orders)
		}
		if err := r.awaitEnds(ctx); err != nil {
			r.report.wrong("%v", err)
		}
		var err error
		if found, err = verify.Run(ctx, c); err != nil {
			return err
		}
		if found.Clean() && found.Open == 0 {
			break
		}
	}
	r.report.Delivered, r.report.Cancelled, r.report.Stuck = found.Delivered, found.Cancelled, found.Open
	for _, v := range found.Waiting {
		r.report.wrong("stuck: %s: %s", v.ID, v.What)
	}
	for _, check := range found.Checks {
		for _, v := range check.Violations {
			r.report.wrong("%s: %s: %s", check.Name, v.ID, v.What)
			if doubles(check.Name) {
				r.report.Doubled++
				r.blame(v.ID, func(t *Turn) { t.Doubled++ })
			} else {
				r.report.Inexact++
			}
		}
	}
	return nil
}

// awaitEnds waits until no order is under way any more, those included of which
// only the last calls have told.
func (r *run) awaitEnds(ctx context.Context) error {
	orders := orderv1.NewOrderServiceClient(r.conns["order"])
	return eventually(ctx, drain, time.Second, "all orders have ended", func() error {
		answer, err := orders.GetOrderStats(ctx, &orderv1.GetOrderStatsRequest{})
		if err != nil {
			return err
		}
		for _, s := range answer.GetStats() {
			ended := s.GetState() == orderv1.OrderState_ORDER_STATE_DELIVERED || s.GetState() == orderv1.OrderState_ORDER_STATE_CANCELLED
			if !ended && s.GetCount() > 0 {
				return fmt.Errorf("%d are %s", s.GetCount(), s.GetState())
			}
		}
		return nil
	})
}

// doubles reports whether what breaks a law of the reconciler is an effect that
// was there twice, or may be.
func doubles(law string) bool {
	switch law {
	case "one end", "trail", "heard once", "provider", "carriers", "mails", "mailbox":
		return true
	}
	return false
}

// blame finds the turn in which an order was acknowledged.
func (r *run) blame(order string, f func(*Turn)) {
	for _, p := range r.witness.promises() {
		if p.order != order {
			continue
		}
		if t := r.of(p.turn); t != nil {
			f(t)
		}
	}
}

// checkOrders compares the orders that were acknowledged with those that are
// there. There are no others, since calls without an answer were made again.
func (r *run) checkOrders(ctx context.Context) error {
	there := map[string]bool{}
	orders := orderv1.NewOrderServiceClient(r.conns["order"])
	for token := ""; ; {
		page, err := orders.ListOrders(ctx, &orderv1.ListOrdersRequest{PageSize: 200, PageToken: token})
		if err != nil {
			return err
		}
		for _, o := range page.GetOrders() {
			there[o.GetOrderId()] = true
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	r.witness.mu.Lock()
	r.report.Violations = append(r.report.Violations, r.witness.lies...)
	r.report.Doubled += len(r.witness.lies)
	r.witness.mu.Unlock()
	for _, p := range r.witness.promises() {
		r.report.Acknowledged++
		if !there[p.order] {
			r.report.Lost++
			r.report.wrong("lost: order %s was acknowledged in turn %d", p.order, p.turn)
			if t := r.of(p.turn); t != nil {
				t.Lost++
			}
		}
		delete(there, p.order)
	}
	for id := range there {
		r.report.Doubled++
		r.report.wrong("order %s is there, and was never acknowledged", id)
	}
	return nil
}

// promises returns all orders that were acknowledged.
func (w *witness) promises() []promise {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]promise, 0, len(w.answers))
	for _, p := range w.answers {
		all = append(all, p)
	}
	return all
}

// checkFlow sees that every fact followed from another as the choreography says.
func (r *run) checkFlow(ctx context.Context) (err error) {
	logs := map[string]eventlog.Log{}
	for _, name := range services {
		log, err := pglog.Open(ctx, pglog.Config{URL: r.DatabaseURL(name), Name: "chaos"})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, log.Close()) }()
		logs[name] = log
	}
	if err := dance.Follow(ctx, logs); err != nil {
		r.report.Inexact++
		r.report.wrong("flow: %v", err)
	}
	return nil
}

// checkQueues sees that nothing is left on the broker: what waits there is not
// handled, and what is dead was given up although nothing is wrong with it.
func (r *run) checkQueues(ctx context.Context) error {
	err := eventually(ctx, patience, time.Second, "queues are empty", func() error {
		list, err := r.Rabbit.Ctl(ctx, "list_queues", "--no-table-headers", "name", "messages")
		if err != nil {
			return err
		}
		for line := range strings.Lines(list) {
			if f := strings.Fields(line); len(f) == 2 && f[1] != "0" {
				return fmt.Errorf("queue %s holds %s", f[0], f[1])
			}
		}
		return nil
	})
	if err != nil {
		r.report.Stuck++
		r.report.wrong("%v", err)
	}
	for _, name := range services {
		var parked int
		err := r.pulse.ask(ctx, name, &parked, "SELECT count(*) FROM events WHERE stream >= 'dead-' AND stream < 'dead.'")
		if err != nil {
			return err
		}
		if parked > 0 {
			r.report.Stuck++
			r.report.wrong("%s has given up messages: %d events about dead letters", name, parked)
		}
	}
	return nil
}

// checkLogs looks for panics, and counts what services have called errors.
func (r *run) checkLogs() {
	for _, name := range r.Names() {
		text, err := os.ReadFile(r.LogFile(name))
		if err != nil {
			continue // a replica that was never started
		}
		if strings.Contains(string(text), "panic: ") || strings.Contains(string(text), "fatal error: ") {
			r.report.Inexact++
			r.report.wrong("%s has panicked", name)
		}
		if n := strings.Count(string(text), `"level":"ERROR"`); n > 0 {
			r.report.Errors = append(r.report.Errors, name+" "+strconv.Itoa(n))
		}
	}
}

// sum adds up the turns.
func (r *run) sum() {
	for _, t := range r.report.Turns {
		if t.Wrong != "" {
			r.report.wrong("turn %d, %s: %s", t.N, strings.Join(t.Faults, " + "), t.Wrong)
		}
	}
	for n := range r.report.Turns {
		r.report.Attempts += r.report.Turns[n].Attempts
	}
}
