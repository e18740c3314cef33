package paymentd

import (
	"context"
	"database/sql"
	_ "embed" // for view.sql
	"math"
	"strings"
	"time"

	paymentv1 "orpheus.example/gen/go/payment/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/projection"
	"orpheus.example/kit/rpc"
	"orpheus.example/payment"
)

//go:embed view.sql
var schema string

// view is where to look for payments: which there are, and in which state.
var view = projection.View[payment.Event]{
	Name: "payment", Version: 4, Schema: schema, Decode: codec.Decode, Rows: []projection.Rows[payment.Event]{payments},
}

var payments = projection.Table[payment.Event, row]{Name: "payments", Of: orderOf, Add: show, Columns: columns}

// A row is one payment, as far as lists are made by it, and as far as its next
// state depends on it.
type row struct {
	order     string
	createdAt time.Time
	state     paymentv1.PaymentState
	captured  int64
	refunds   []payment.Refund
}

// key returns where it stands in lists.
func (r row) key() []string { return rpc.Key(r.createdAt.UnixMicro(), r.order) }

func orderOf(_ payment.Event, r eventlog.Record) string {
	return strings.TrimPrefix(r.Stream, payment.Stream(""))
}

func show(r *row, e payment.Event, of eventlog.Record) {
	if of.Version == 1 {
		r.createdAt = of.Time
	}
	s := payment.Evolve(payment.State{Phase: phaseOf(r.state), Captured: r.captured, Refunds: r.refunds}, e)
	r.state, r.captured, r.refunds = phases[s.Phase], s.Captured, s.Refunds
}

func columns(r *row) []projection.Column {
	return []projection.Column{
		projection.Text("order_id", &r.order), projection.Time("created_at", &r.createdAt), projection.Number("state", &r.state),
		projection.Number("captured", &r.captured), projection.JSON("refunds", &r.refunds),
	}
}

// A filter picks payments: those after a place in the list, newest first.
type filter struct {
	state  paymentv1.PaymentState // or all
	before int64                  // opened before this microsecond, or at it with a lesser id
	lesser string
}

// filterOf returns what a request for a page of payments picks.
func filterOf(page rpc.Page, r *paymentv1.ListPaymentsRequest) (filter, error) {
	f := filter{state: r.GetState()}
	var err error
	f.before, err = page.Place(math.MaxInt64, &f.lesser)
	return f, err
}

// list returns up to limit payments that f picks.
func list(ctx context.Context, db *sql.DB, f filter, limit int) ([]row, error) {
	const picked = `WHERE ($1 = 0 OR state = $1) AND (created_at, order_id) < ($2, $3)
		ORDER BY created_at DESC, order_id DESC LIMIT $4`
	return payments.Select(ctx, db, view, picked, int32(f.state), f.before, f.lesser, limit)
}
