package shippingd

import (
	"context"
	"database/sql"
	_ "embed" // for view.sql
	"math"
	"strings"
	"time"

	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/projection"
	"orpheus.example/kit/rpc"
	"orpheus.example/shipping"
)

//go:embed view.sql
var schema string

// view is where to look for shipments: which there are, and in which state.
var view = projection.View[shipping.Event]{
	Name: "shipping", Version: 4, Schema: schema, Decode: codec.Decode, Rows: []projection.Rows[shipping.Event]{shipments},
}

var shipments = projection.Table[shipping.Event, row]{Name: "shipments", Of: orderOf, Add: show, Columns: columns}

// A row is one shipment, as far as lists are made by it, and as far as its next
// state depends on it.
type row struct {
	order     string
	createdAt time.Time
	state     shippingv1.ShipmentState
	cancelled int // 1 if the order is
}

// key returns where it stands in lists.
func (r row) key() []string { return rpc.Key(r.createdAt.UnixMicro(), r.order) }

func orderOf(_ shipping.Event, r eventlog.Record) string {
	return strings.TrimPrefix(r.Stream, shipping.Stream(""))
}

func show(r *row, e shipping.Event, of eventlog.Record) {
	if of.Version == 1 {
		r.createdAt = of.Time
	}
	s := shipping.Evolve(shipping.State{Phase: phaseOf(r.state), Cancelled: r.cancelled == 1}, e)
	r.state = phases[s.Phase]
	if s.Cancelled {
		r.cancelled = 1
	}
}

func columns(r *row) []projection.Column {
	return []projection.Column{
		projection.Text("order_id", &r.order), projection.Time("created_at", &r.createdAt),
		projection.Number("state", &r.state), projection.Number("cancelled", &r.cancelled),
	}
}

// A filter picks shipments: those after a place in the list, newest first.
type filter struct {
	state  shippingv1.ShipmentState // or all
	before int64                    // opened before this microsecond, or at it with a lesser id
	lesser string
}

// filterOf returns what a request for a page of shipments picks.
func filterOf(page rpc.Page, r *shippingv1.ListShipmentsRequest) (filter, error) {
	f := filter{state: r.GetState()}
	var err error
	f.before, err = page.Place(math.MaxInt64, &f.lesser)
	return f, err
}

// list returns up to limit shipments that f picks.
func list(ctx context.Context, db *sql.DB, f filter, limit int) ([]row, error) {
	const picked = `WHERE ($1 = 0 OR state = $1) AND (created_at, order_id) < ($2, $3)
		ORDER BY created_at DESC, order_id DESC LIMIT $4`
	return shipments.Select(ctx, db, view, picked, int32(f.state), f.before, f.lesser, limit)
}
