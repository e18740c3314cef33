package peer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Books is what became of all orders.
type Books struct {
	Delivered, Cancelled int
	Open                 int      // neither, yet
	Wrong                []string // what does not add up, the first few
}

// fewWrongs are enough to see what is the matter.
const fewWrongs = 10

// Err returns an error if an order is still open, or anything does not add up.
func (b *Books) Err() error {
	switch {
	case len(b.Wrong) > 0:
		return errors.New(strings.Join(b.Wrong, "; "))
	case b.Open > 0:
		return fmt.Errorf("%d orders are still open", b.Open)
	}
	return nil
}

// String says it in one line.
func (b *Books) String() string {
	return fmt.Sprintf("%d delivered, %d cancelled, %d open, %d wrong", b.Delivered, b.Cancelled, b.Open, len(b.Wrong))
}

// An account is what the five services say about one order, in the order of
// names.
type account [5]string

// ledgers asks each service for its part of all accounts: order's is the state
// and the total, the others are compared with it.
var ledgers = [5]string{
	`SELECT order_id::text, state || ' ' || total || ' ' || currency FROM orders`,
	`SELECT order_id::text, state || ' ' || amount || ' ' || currency FROM payments`,
	`SELECT order_id::text, state FROM reservations`,
	`SELECT order_id::text, state FROM shipments`,
	`SELECT order_id::text, count(*) || ' mails of ' || count(DISTINCT sequence) || ' facts' FROM mails GROUP BY order_id`,
}

// Check compares the books of the five services with each other; all should be
// quiet by then. Of every delivered order the money is taken, the goods have
// left, the parcel has arrived and each fact was told once. Of every cancelled
// one nothing is held. The stock is what came in less what has left.
func Check(ctx context.Context, c Config) (*Books, error) {
	c = c.withDefaults()
	accounts := map[string]*account{}
	for i, query := range ledgers {
		if err := c.read(ctx, i, query, func(id, says string) {
			if accounts[id] == nil {
				accounts[id] = &account{}
			}
			accounts[id][i] = says
		}); err != nil {
			return nil, err
		}
	}
	b := &Books{}
	for id, a := range accounts {
		b.enter(id, *a)
	}
	err := c.read(ctx, 2, unbalanced, func(sku, says string) { b.wrong(sku, says) })
	return b, err
}

// unbalanced are items of which pieces are missing, or too many. The subquery is
// what has left.
const unbalanced = `SELECT i.sku, received || ' came in, ' || on_hand || ' are there, ' || reserved || ' reserved, ' || coalesce(gone, 0) || ' left'
	FROM items i LEFT JOIN (
		SELECT sku, sum(quantity)::bigint AS gone
		FROM reservations, unnest(skus, quantities) AS line (sku, quantity)
		WHERE state = 'dispatched' GROUP BY sku
	) AS left_with USING (sku)
	WHERE received <> on_hand + coalesce(gone, 0) OR reserved <> (
		SELECT coalesce(sum(quantity), 0) FROM reservations, unnest(skus, quantities) AS line (sku, quantity)
		WHERE state = 'reserved' AND line.sku = i.sku
	)`

// read runs a query of two texts against the database of a service.
func (c Config) read(ctx context.Context, service int, query string, each func(key, says string)) error {
	pool, err := openDatabase(ctx, c, names[service])
	if err != nil {
		return err
	}
	defer pool.Close()
	rows, err := pool.Query(ctx, query)
	if err != nil {
		return fmt.Errorf("read the books of %s: %w", names[service], err)
	}
	var key, says string
	_, err = pgx.ForEachRow(rows, []any{&key, &says}, func() error {
		each(key, says)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the books of %s: %w", names[service], err)
	}
	return nil
}

// enter adds an account to the books.
func (b *Books) enter(id string, a account) {
	state, total, _ := strings.Cut(a[0], " ") // the state is a number, as it is kept
	var ends []account
	switch state {
	case "5": // order.v1.ORDER_STATE_DELIVERED
		b.Delivered++
		ends = []account{{a[0], "captured " + total, "dispatched", "delivered", "5 mails of 5 facts"}}
	case "7": // order.v1.ORDER_STATE_CANCELLED
		b.Cancelled++
		ends = []account{
			{a[0], "declined " + total, "released", "cancelled", "2 mails of 2 facts"},
			{a[0], "voided " + total, "unavailable", "cancelled", "2 mails of 2 facts"},
		}
	default:
		b.Open++
		return
	}
	if !slices.Contains(ends, a) {
		b.wrong(id, strings.Join(a[:], ", "))
	}
}

// wrong notes what does not add up, unless there is enough of it.
func (b *Books) wrong(what, says string) {
	if len(b.Wrong) < fewWrongs {
		b.Wrong = append(b.Wrong, what+": "+says)
	}
}
