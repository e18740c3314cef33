package orderd

import (
	"context"
	"database/sql"
	_ "embed" // for view.sql
	"errors"
	"fmt"
	"strings"
	"time"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/projection"
	"orpheus.example/kit/wire"
	"orpheus.example/order"
)

//go:embed view.sql
var tables string

// view is the read model: the orders as they are now, and their statistics.
var view = projection.View{Name: "order", Version: 1, Tables: tables, Apply: apply}

// apply shows one event. Price entries show nothing.
func apply(ctx context.Context, tx projection.Tx, r eventlog.Record) error {
	e, err := codec.Decode(r)
	if errors.Is(err, wire.ErrUnknownKind) {
		return nil // of a newer release, whose view shows it
	}
	if err != nil {
		return err
	}
	switch e := e.(type) {
	case order.PriceNoted:
		return nil
	case order.WasPlaced:
		return show(ctx, tx, e, r)
	default:
		return move(ctx, tx, order.Evolve(order.State{}, e).Phase, r)
	}
}

func show(ctx context.Context, tx projection.Tx, e order.WasPlaced, r eventlog.Record) error {
	const insert = `INSERT INTO VIEW_orders (order_id, customer_id, state, amount, currency, placed_at, updated_at, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
	state := phases[order.Placed]
	err := tx.Exec(ctx, insert, e.Order, e.Customer, int32(state), e.Total.Amount, e.Total.Currency,
		e.PlacedAt.UnixMicro(), r.Time.UnixMicro(), r.Version)
	if err != nil {
		return fmt.Errorf("show order %s: %w", e.Order, err)
	}
	return count(ctx, tx, state, e.Total, 1)
}

// move shows that an order has come to a phase, or, if that is Unplaced, only
// that something was put on its record.
func move(ctx context.Context, tx projection.Tx, to order.Phase, r eventlog.Record) error {
	id := strings.TrimPrefix(r.Stream, order.Stream(""))
	var was orderv1.OrderState
	var value order.Money
	err := tx.Row(ctx, `SELECT state, amount, currency FROM VIEW_orders WHERE order_id = $1`, id).
		Scan(&was, &value.Amount, &value.Currency)
	if err != nil {
		return fmt.Errorf("move order %s: %w", id, err)
	}
	is := phases[to]
	if to == order.Unplaced {
		is = was
	}
	err = tx.Exec(ctx, `UPDATE VIEW_orders SET state = $2, updated_at = $3, version = $4 WHERE order_id = $1`,
		id, int32(is), r.Time.UnixMicro(), r.Version)
	if err != nil {
		return fmt.Errorf("move order %s: %w", id, err)
	}
	if is == was {
		return nil
	}
	if err := count(ctx, tx, was, value, -1); err != nil {
		return err
	}
	return count(ctx, tx, is, value, 1)
}

// count adds n orders of a value to the statistics of a state.
func count(ctx context.Context, tx projection.Tx, state orderv1.OrderState, value order.Money, n int64) error {
	const add = `INSERT INTO VIEW_stats (state, currency, orders, value) VALUES ($1, $2, $3, $4)
		ON CONFLICT (state, currency) DO UPDATE
		SET orders = VIEW_stats.orders + excluded.orders, value = VIEW_stats.value + excluded.value`
	err := tx.Exec(ctx, add, int32(state), value.Currency, n, n*value.Amount)
	if err != nil {
		return fmt.Errorf("count orders: %w", err)
	}
	return nil
}

// A row is one order as the view shows it.
type row struct {
	id, customer         string
	state                orderv1.OrderState
	total                order.Money
	placedAt, updatedAt  time.Time
	placedMicros, number int64
}

// A filter picks orders: those after a place in the list, newest first.
type filter struct {
	customer string             // or all
	state    orderv1.OrderState // or all
	before   int64              // placed before this microsecond, or at it with a lesser id
	lesser   string
}

// list returns up to limit orders that f picks.
func list(ctx context.Context, db *sql.DB, f filter, limit int) ([]row, error) {
	const query = `SELECT order_id, customer_id, state, amount, currency, placed_at, updated_at, version FROM VIEW_orders
		WHERE ($1 = '' OR customer_id = $1) AND ($2 = 0 OR state = $2) AND (placed_at, order_id) < ($3, $4)
		ORDER BY placed_at DESC, order_id DESC LIMIT $5`
	rows, err := db.QueryContext(ctx, view.SQL(query), f.customer, int32(f.state), f.before, f.lesser, limit)
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	defer rows.Close()
	var found []row
	for rows.Next() {
		var r row
		var updated int64
		err := rows.Scan(&r.id, &r.customer, &r.state, &r.total.Amount, &r.total.Currency, &r.placedMicros, &updated, &r.number)
		if err != nil {
			return nil, fmt.Errorf("list orders: %w", err)
		}
		r.placedAt, r.updatedAt = time.UnixMicro(r.placedMicros), time.UnixMicro(updated)
		found = append(found, r)
	}
	return found, rows.Err()
}

// A tally says how many orders are in a state, and what they are worth.
type tally struct {
	state  orderv1.OrderState
	orders int64
	value  order.Money
}

// stats returns the tallies of all states that have orders.
func stats(ctx context.Context, db *sql.DB) ([]tally, error) {
	rows, err := db.QueryContext(ctx, view.SQL(`SELECT state, currency, orders, value FROM VIEW_stats WHERE orders > 0 ORDER BY state, currency`))
	if err != nil {
		return nil, fmt.Errorf("count orders: %w", err)
	}
	defer rows.Close()
	var found []tally
	for rows.Next() {
		var t tally
		if err := rows.Scan(&t.state, &t.value.Currency, &t.orders, &t.value.Amount); err != nil {
			return nil, fmt.Errorf("count orders: %w", err)
		}
		found = append(found, t)
	}
	return found, rows.Err()
}
