package inventoryd

import (
	"context"
	"database/sql"
	_ "embed" // for view.sql
	"fmt"
	"time"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	"orpheus.example/inventory"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/projection"
	"orpheus.example/kit/wire"
)

//go:embed view.sql
var schema string

// shown reads those events that show something: what happens to items. What
// happens to reservations is passed over unread.
var shown = wire.Codec[inventory.Event]{
	Kinds: wire.KindsOf(&inventoryv1.ItemListed{}, &inventoryv1.ItemPriceChanged{}, &inventoryv1.StockLevelChanged{}),
	From:  fromWire,
}

// view is the read model: the items as they are now.
var view = projection.View[inventory.Event]{
	Name: "inventory", Version: 2, Schema: schema, Decode: shown.Decode, Rows: []projection.Rows[inventory.Event]{shelf},
}

var shelf = projection.Table[inventory.Event, row]{Name: "items", Of: itemOf, Add: show, Columns: columns}

// itemOf returns which item an event shows something of. Reservations show
// nothing: what they do to items is said by events of the items.
func itemOf(e inventory.Event, _ eventlog.Record) string {
	switch e := e.(type) {
	case inventory.WasListed:
		return e.SKU
	case inventory.PriceChanged:
		return e.SKU
	case inventory.LevelChanged:
		return e.SKU
	default:
		return ""
	}
}

// A row is one item as the view shows it.
type row struct {
	inventory.Item
	updatedAt time.Time
	position  int64 // in the log, of what is shown last
}

// key returns where it stands in lists.
func (r row) key() []string { return []string{r.SKU} }

func show(r *row, e inventory.Event, of eventlog.Record) {
	switch e := e.(type) {
	case inventory.WasListed:
		r.Name, r.Price = e.Name, e.Price
	case inventory.PriceChanged:
		r.Price = e.Price
	case inventory.LevelChanged:
		r.OnHand, r.Reserved = e.OnHand, e.Reserved
	default: // of no item
	}
	r.Version, r.updatedAt, r.position = of.Version, of.Time, of.Position
}

func columns(r *row) []projection.Column {
	return []projection.Column{
		projection.Text("sku", &r.SKU), projection.Text("name", &r.Name),
		projection.Number("amount", &r.Price.Amount), projection.Text("currency", &r.Price.Currency),
		projection.Number("on_hand", &r.OnHand), projection.Number("reserved", &r.Reserved),
		projection.Number("version", &r.Version), projection.Time("updated_at", &r.updatedAt),
		projection.Number("position", &r.position),
	}
}

// items returns up to limit items that follow the item after, by SKU.
func items(ctx context.Context, db *sql.DB, after string, limit int) ([]row, error) {
	return shelf.Select(ctx, db, view, `WHERE sku > $1 ORDER BY sku LIMIT $2`, after, limit)
}

// shownUpTo returns a place in the log up to which the view shows everything.
func shownUpTo(ctx context.Context, db *sql.DB) (position int64, err error) {
	err = db.QueryRowContext(ctx, view.SQL(`SELECT coalesce(max(position), 0) FROM VIEW_items`)).Scan(&position)
	if err != nil {
		return 0, fmt.Errorf("list items: %w", err)
	}
	return position, nil
}
