package peer

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	"orpheus.example/kit/money"
)

// inventory sets goods aside for what is paid, and lets them leave.
type inventory struct{}

// serve subscribes to what inventory hears.
func (i inventory) serve(s *service) {
	hear(s, i.reserve)
	hear(s, i.dispatch)
	hear(s, i.forget)
}

// An item is a row of the table items.
type item struct {
	sku, name, currency       string
	price                     int64
	onHand, reserved, version int64
}

// What moves pieces. Neither can sell what is not there: no row is changed then.
const (
	itemColumns = `sku, name, currency, price, on_hand, reserved, version`

	setAside = `UPDATE items SET reserved = reserved + $2, version = version + 1
		WHERE sku = $1 AND on_hand - reserved >= $2 RETURNING ` + itemColumns
	putBack = `UPDATE items SET reserved = reserved - $2, version = version + 1
		WHERE sku = $1 RETURNING ` + itemColumns
	sendOut = `UPDATE items SET reserved = reserved - $2, on_hand = on_hand - $2, version = version + 1
		WHERE sku = $1 RETURNING ` + itemColumns
)

// move runs one of these for each line, in one round trip. It returns the items
// that were moved: fewer than there are lines if some were short. Always in the
// order of SKUs, so that no two orders wait for each other.
func move(ctx context.Context, w *work, statement string, lines []*inventoryv1.StockLine) ([]item, error) {
	slices.SortFunc(lines, func(a, b *inventoryv1.StockLine) int { return cmp.Compare(a.GetSku(), b.GetSku()) })
	batch := &pgx.Batch{}
	var moved []item
	for _, l := range lines {
		batch.Queue(statement, l.GetSku(), l.GetQuantity()).Query(func(rows pgx.Rows) error {
			items, err := pgx.CollectRows(rows, scanItem)
			moved = append(moved, items...)
			return err
		})
	}
	return moved, w.SendBatch(ctx, batch).Close()
}

func scanItem(row pgx.CollectableRow) (i item, err error) {
	err = row.Scan(&i.sku, &i.name, &i.currency, &i.price, &i.onHand, &i.reserved, &i.version)
	return i, err
}

// reserve sets all lines of an order aside, or none. The row of the reservation
// comes first: whoever finds one there has been overtaken by a cancellation.
func (i inventory) reserve(ctx context.Context, w *work, f *paymentv1.PaymentAuthorized) error {
	lines := stockLines(f.GetLines())
	begun, err := w.Exec(ctx, `INSERT INTO reservations (order_id, state, skus, quantities) VALUES ($1, 'reserved', $2, $3)
		ON CONFLICT DO NOTHING`, f.GetOrderId(), skus(lines), quantities(lines))
	if err != nil || begun.RowsAffected() == 0 {
		return err // nil: cancelled before
	}
	moved, err := move(ctx, w, setAside, lines)
	if err != nil {
		return err
	}
	if len(moved) < len(lines) {
		return i.refuse(ctx, w, f.GetOrderId(), lines, moved)
	}
	return i.sayLevels(ctx, w, f.GetOrderId(), moved, &inventoryv1.StockReserved{OrderId: f.GetOrderId(), Lines: lines})
}

// refuse undoes what could be set aside, and says what could not.
func (i inventory) refuse(ctx context.Context, w *work, order string, lines []*inventoryv1.StockLine, moved []item) error {
	unavailable := &inventoryv1.StockUnavailable{OrderId: order}
	var had []*inventoryv1.StockLine
	for _, l := range lines {
		if slices.ContainsFunc(moved, func(m item) bool { return m.sku == l.GetSku() }) {
			had = append(had, l)
			continue
		}
		short := &inventoryv1.ShortLine{Sku: l.GetSku(), Wanted: l.GetQuantity()}
		err := w.QueryRow(ctx, `SELECT on_hand - reserved FROM items WHERE sku = $1`, l.GetSku()).Scan(&short.Available)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		unavailable.Short = append(unavailable.Short, short)
	}
	if _, err := move(ctx, w, putBack, had); err != nil {
		return err
	}
	if _, err := w.Exec(ctx, `UPDATE reservations SET state = 'unavailable' WHERE order_id = $1`, order); err != nil {
		return err
	}
	return w.say(ctx, unavailable)
}

// dispatch lets the goods leave: from here there is only forward.
func (i inventory) dispatch(ctx context.Context, w *work, f *paymentv1.PaymentCaptured) error {
	var kinds []string
	var pieces []int64
	err := w.QueryRow(ctx, `UPDATE reservations SET state = 'dispatched' WHERE order_id = $1 AND state = 'reserved'
		RETURNING skus, quantities`, f.GetOrderId()).Scan(&kinds, &pieces)
	if errors.Is(err, pgx.ErrNoRows) {
		return permanent{errors.New("money was taken for goods that are not set aside")}
	}
	if err != nil {
		return err
	}
	lines := make([]*inventoryv1.StockLine, len(kinds))
	for n := range kinds {
		lines[n] = &inventoryv1.StockLine{Sku: kinds[n], Quantity: pieces[n]}
	}
	moved, err := move(ctx, w, sendOut, lines)
	if err != nil {
		return err
	}
	return i.sayLevels(ctx, w, f.GetOrderId(), moved, &inventoryv1.StockDispatched{OrderId: f.GetOrderId(), Lines: lines})
}

// forget sees to it that nothing is set aside for an order that is cancelled.
func (i inventory) forget(ctx context.Context, w *work, f *orderv1.OrderCancelled) error {
	_, err := w.Exec(ctx, `INSERT INTO reservations (order_id, state) VALUES ($1, 'released') ON CONFLICT DO NOTHING`, f.GetOrderId())
	return err
}

// sayLevels says fact, and how many pieces there are now of each item.
func (i inventory) sayLevels(ctx context.Context, w *work, order string, items []item, fact proto.Message) error {
	facts := []proto.Message{fact}
	for _, it := range items {
		price, err := money.Proto(it.price, it.currency)
		if err != nil {
			return permanent{err}
		}
		facts = append(facts, &inventoryv1.StockLevelChanged{
			Sku: it.sku, Name: it.name, Price: price, OnHand: it.onHand, Reserved: it.reserved,
			Available: it.onHand - it.reserved, ItemVersion: it.version, OrderId: order,
		})
	}
	return w.say(ctx, facts...)
}

// stockLines returns what is paid as what is to be set aside.
func stockLines(paid []*paymentv1.PaymentLine) []*inventoryv1.StockLine {
	lines := make([]*inventoryv1.StockLine, len(paid))
	for n, l := range paid {
		lines[n] = &inventoryv1.StockLine{Sku: l.GetSku(), Quantity: l.GetQuantity()}
	}
	return lines
}

// skus and quantities return lines as they are kept: two columns of one row, so
// that a reservation is read and written in one go.
func skus(lines []*inventoryv1.StockLine) []string {
	all := make([]string, len(lines))
	for n, l := range lines {
		all[n] = l.GetSku()
	}
	return all
}

func quantities(lines []*inventoryv1.StockLine) []int64 {
	all := make([]int64, len(lines))
	for n, l := range lines {
		all[n] = l.GetQuantity()
	}
	return all
}
