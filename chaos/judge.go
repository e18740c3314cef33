package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/pglog"
	"orpheus.example/onebox/dance"
	"orpheus.example/onebox/verify"
)

// What moves is waited for, however slow the machine is; what has stopped and is
// not at its end is stuck.
const (
	// standstill is how long nothing may move before it counts as stuck.
	standstill = 2 * time.Minute
	// longest is how long the last orders may move at all.
	longest = 30 * time.Minute
	// betweenReadings is how long it is before all books are read once more.
	betweenReadings = 2 * time.Second
	// samples is how many complaints are told that may yet go away.
	samples = 5
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
	// What the load has to say of orders that are open or lost is left aside: it
	// knows them from a list that may be behind. The books know better.
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
	if err := r.checkRest(ctx); err != nil {
		return err
	}
	r.checkLogs()
	r.sum()
	return nil
}

// compare has the reconciler read every order, until all have ended and nothing is
// wrong, or the same is wrong for so long that it stays so: a reading of many
// orders takes minutes, in which the last of them may move.
func (r *run) compare(ctx context.Context, received map[string]int64) error {
	c := r.books()
	c.Received, c.Copies = received, copies
	var before []string
	begun := time.Now()
	for since := begun; ; pause(ctx, betweenReadings) {
		if err := r.awaitEnds(ctx); err != nil {
			return err
		}
		found, err := verify.Run(ctx, c)
		if err != nil {
			return err
		}
		now := complaints(found)
		if !slices.Equal(now, before) {
			before, since = now, time.Now()
			r.say("read %d orders; %d complaints", found.Orders, len(now))
			for _, c := range now[:min(len(now), samples)] {
				r.say("      such as %s", c)
			}
		}
		if len(now) == 0 || time.Since(since) > standstill || time.Since(begun) > longest {
			r.enter(found)
			r.report.gather(ctx, c, found, r.witness)
			return nil
		}
	}
}

// complaints returns all that keeps a reading from being the last, in words.
func complaints(found verify.Report) []string {
	var all []string
	for _, v := range found.Waiting {
		all = append(all, "stuck: "+v.ID+": "+v.What)
	}
	for _, check := range found.Checks {
		for _, v := range check.Violations {
			all = append(all, check.Name+": "+v.ID+": "+v.What)
		}
	}
	return all
}

// enter takes what the reconciler has found at last into the report.
func (r *run) enter(found verify.Report) {
	r.report.Delivered, r.report.Cancelled, r.report.Stuck = found.Delivered, found.Cancelled, found.Open
	r.report.Violations = append(r.report.Violations, complaints(found)...)
	for _, check := range found.Checks {
		for _, v := range check.Violations {
			switch {
			case v.Missing:
				r.report.Missing++
				r.blame(v.ID, func(t *Turn) { t.Missing++ })
			case doubles(check.Name):
				r.report.Doubled++
				r.blame(v.ID, func(t *Turn) { t.Doubled++ })
			default:
				r.report.Inexact++
			}
		}
	}
}

// awaitEnds waits until no order is under way any more, those included of which
// only the last calls have told, or until they have stood still for too long: the
// reconciler then says what they wait for.
func (r *run) awaitEnds(ctx context.Context) error {
	orders := orderv1.NewOrderServiceClient(r.conns["order"])
	var before map[orderv1.OrderState]int64
	since := time.Now()
	for time.Since(since) < standstill {
		now, err := underWay(ctx, orders)
		if err == nil && len(now) == 0 {
			return nil
		}
		if err == nil && !maps.Equal(now, before) {
			before, since = now, time.Now()
		}
		if err := loop.Sleep(ctx, time.Second); err != nil {
			return err
		}
	}
	return nil
}

// underWay returns how many orders are in each state that is no end.
func underWay(ctx context.Context, orders orderv1.OrderServiceClient) (map[orderv1.OrderState]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	answer, err := orders.GetOrderStats(ctx, &orderv1.GetOrderStatsRequest{})
	if err != nil {
		return nil, err
	}
	open := map[orderv1.OrderState]int64{}
	for _, s := range answer.GetStats() {
		ended := s.GetState() == orderv1.OrderState_ORDER_STATE_DELIVERED || s.GetState() == orderv1.OrderState_ORDER_STATE_CANCELLED
		if !ended && s.GetCount() > 0 {
			open[s.GetState()] += s.GetCount()
		}
	}
	return open, nil
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
	p, ok := r.witness.promise(order)
	if t := r.of(p.turn); ok && t != nil {
		f(t)
	}
}

// checkOrders compares the orders that were acknowledged with those that are
// there. There are no others, since calls without an answer were made again.
func (r *run) checkOrders(ctx context.Context) error {
	orders := orderv1.NewOrderServiceClient(r.conns["order"])
	there, err := listed(ctx, orders)
	if err != nil {
		return err
	}
	r.witness.mu.Lock()
	r.report.Violations = append(r.report.Violations, r.witness.lies...)
	r.report.Doubled += len(r.witness.lies)
	r.witness.mu.Unlock()
	for _, p := range r.witness.promises() {
		r.report.Acknowledged++
		if !there[p.order] {
			if err := r.checkLost(ctx, orders, p); err != nil {
				return err
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

// listed returns the ids of all orders that the list shows.
func listed(ctx context.Context, orders orderv1.OrderServiceClient) (map[string]bool, error) {
	there := map[string]bool{}
	for token := ""; ; {
		page, err := orders.ListOrders(ctx, &orderv1.ListOrdersRequest{PageSize: 200, PageToken: token})
		if err != nil {
			return nil, err
		}
		for _, o := range page.GetOrders() {
			there[o.GetOrderId()] = true
		}
		if token = page.GetNextPageToken(); token == "" {
			return there, nil
		}
	}
}

// checkLost asks for an order that the list does not show, by its id: the list may
// be behind, the log is not.
func (r *run) checkLost(ctx context.Context, orders orderv1.OrderServiceClient, p promise) error {
	_, err := orders.GetOrder(ctx, &orderv1.GetOrderRequest{OrderId: p.order})
	if status.Code(err) != codes.NotFound {
		return err
	}
	r.report.Lost++
	r.report.wrong("lost: order %s was acknowledged in turn %d", p.order, p.turn)
	if t := r.of(p.turn); t != nil {
		t.Lost++
	}
	return nil
}

// promise returns what was promised of an order, and false if nothing was.
func (w *witness) promise(order string) (promise, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.made, func(p promise) bool { return p.order == order })
	if i < 0 {
		return promise{}, false
	}
	return w.made[i], true
}

// promises returns all orders that were acknowledged, by time.
func (w *witness) promises() []promise {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.made)
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
