package shippingd

import (
	"context"
	"database/sql"
	_ "embed" // for view.sql
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/projection"
	"orpheus.example/kit/rpc"
	"orpheus.example/kit/wire"
	"orpheus.example/shipping"
)

//go:embed view.sql
var tables string

// view is the read model: the shipments as they are now.
var view = projection.View{Name: "shipping", Version: 1, Tables: tables, Apply: apply}

// apply shows one event.
func apply(ctx context.Context, tx projection.Tx, r eventlog.Record) error {
	order := strings.TrimPrefix(r.Stream, shipping.Stream(""))
	p, err := shown(ctx, tx, order)
	if err != nil {
		return err
	}
	switch err := p.add(r); {
	case errors.Is(err, wire.ErrUnknownKind):
		return nil // of a newer release, whose view shows it
	case err != nil:
		return err
	}
	return show(ctx, tx, order, p)
}

// shown returns what the view shows of a shipment, nothing if it is new.
func shown(ctx context.Context, tx projection.Tx, order string) (past, error) {
	var text string
	err := tx.Row(ctx, `SELECT past FROM VIEW_shipments WHERE order_id = $1`, order).Scan(&text)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return past{}, nil
	case err != nil:
		return past{}, fmt.Errorf("shipment of %s: %w", order, err)
	}
	return read(text)
}

// read returns what a row holds.
func read(text string) (past, error) {
	var p past
	err := json.Unmarshal([]byte(text), &p) //nolint:musttag // a view is built anew when its form changes
	return p, err
}

func show(ctx context.Context, tx projection.Tx, order string, p past) error {
	text, err := json.Marshal(p) //nolint:musttag // as for read
	if err != nil {
		return fmt.Errorf("show shipment of %s: %w", order, err)
	}
	const upsert = `INSERT INTO VIEW_shipments (order_id, state, created_at, past) VALUES ($1, $2, $3, $4)
		ON CONFLICT (order_id) DO UPDATE SET state = excluded.state, past = excluded.past`
	err = tx.Exec(ctx, upsert, order, int32(phases[p.State.Phase]), p.Created.UnixMicro(), string(text))
	if err != nil {
		return fmt.Errorf("show shipment of %s: %w", order, err)
	}
	return nil
}

// A filter picks shipments: those after a place in the list, newest first.
type filter struct {
	state  shippingv1.ShipmentState // or all
	before int64                    // opened before this microsecond, or at it with a lesser id
	lesser string
}

// filterOf returns what a request for a page of shipments picks.
func filterOf(page rpc.Page, r *shippingv1.ListShipmentsRequest) (filter, error) {
	f := filter{state: r.GetState(), before: math.MaxInt64}
	if len(page.After) == 0 {
		return f, nil
	}
	var err error
	if len(page.After) == 2 {
		f.lesser = page.After[1]
		f.before, err = strconv.ParseInt(page.After[0], 10, 64)
	}
	if len(page.After) != 2 || err != nil {
		return f, rpc.BadField("page_token", "is not from this list; begin again without it")
	}
	return f, nil
}

// list returns up to limit shipments that f picks.
func list(ctx context.Context, db *sql.DB, f filter, limit int) ([]past, error) {
	const query = `SELECT past FROM VIEW_shipments
		WHERE ($1 = 0 OR state = $1) AND (created_at, order_id) < ($2, $3)
		ORDER BY created_at DESC, order_id DESC LIMIT $4`
	rows, err := db.QueryContext(ctx, view.SQL(query), int32(f.state), f.before, f.lesser, limit)
	if err != nil {
		return nil, fmt.Errorf("list shipments: %w", err)
	}
	defer rows.Close()
	var found []past
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, fmt.Errorf("list shipments: %w", err)
		}
		p, err := read(text)
		if err != nil {
			return nil, fmt.Errorf("list shipments: %w", err)
		}
		found = append(found, p)
	}
	return found, rows.Err()
}
