package orderd

import (
	"context"
	"database/sql"
	_ "embed" // for view.sql
	"fmt"
	"strings"
	"time"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/projection"
	"orpheus.example/kit/rpc"
	"orpheus.example/order"
)

//go:embed view.sql
var schema string

// view is the read model: the orders as they are now, and their statistics.
var view = projection.View[order.Event]{
	Name: "order", Version: 2, Schema: schema, Decode: codec.Decode, Rows: []projection.Rows[order.Event]{orderRows},
}

var orderRows = projection.Table[order.Event, row]{
	Name: "orders", Of: orderOf, Add: show, Columns: columns,
	Tally: &projection.Tally[row]{Name: "stats", Kind: kindOf, Sums: sumsOf},
}

// orderOf returns which order an event shows something of. Price entries show
// nothing.
func orderOf(_ order.Event, r eventlog.Record) string {
	id, ok := strings.CutPrefix(r.Stream, order.Stream(""))
	if !ok {
		return ""
	}
	return id
}

// A row is one order as the view shows it.
type row struct {
	id, customer        string
	state               orderv1.OrderState
	total               order.Money
	placedAt, updatedAt time.Time
	version             int64
}

// key returns where it stands in lists.
func (r row) key() []string { return rpc.Key(r.placedAt.UnixMicro(), r.id) }

// show shows that an order was placed or has come to another phase, or, if an
// event is of no phase, only that something was put on its record.
func show(r *row, e order.Event, of eventlog.Record) {
	if placed, ok := e.(order.WasPlaced); ok {
		r.customer, r.total, r.placedAt = placed.Customer, placed.Total, placed.PlacedAt
	}
	if phase := order.Evolve(order.State{}, e).Phase; phase != order.Unplaced {
		r.state = phases[phase]
	}
	r.updatedAt, r.version = of.Time, of.Version
}

func columns(r *row) []projection.Column {
	return []projection.Column{
		projection.Text("order_id", &r.id), projection.Text("customer_id", &r.customer),
		projection.Number("state", &r.state), projection.Number("amount", &r.total.Amount),
		projection.Text("currency", &r.total.Currency), projection.Time("placed_at", &r.placedAt),
		projection.Time("updated_at", &r.updatedAt), projection.Number("version", &r.version),
	}
}

func kindOf(r *row) []projection.Column {
	return []projection.Column{projection.Number("state", &r.state), projection.Text("currency", &r.total.Currency)}
}

func sumsOf(r *row) []projection.Sum {
	return []projection.Sum{{Name: "orders", Of: 1}, {Name: "value", Of: r.total.Amount}}
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
	const picked = `WHERE ($1 = '' OR customer_id = $1) AND ($2 = 0 OR state = $2) AND (placed_at, order_id) < ($3, $4)
		ORDER BY placed_at DESC, order_id DESC LIMIT $5`
	return orderRows.Select(ctx, db, view, picked, f.customer, int32(f.state), f.before, f.lesser, limit)
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
