package inventoryd

import (
	"context"
	"database/sql"
	_ "embed" // for view.sql
	"errors"
	"fmt"
	"time"

	"orpheus.example/inventory"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/projection"
	"orpheus.example/kit/wire"
)

//go:embed view.sql
var tables string

// view is the read model: the items as they are now.
var view = projection.View{Name: "inventory", Version: 1, Tables: tables, Apply: apply}

// apply shows one event. Reservations show nothing: what they do to items is
// said by events of the items.
func apply(ctx context.Context, tx projection.Tx, r eventlog.Record) error {
	e, err := codec.Decode(r)
	if errors.Is(err, wire.ErrUnknownKind) {
		return nil // of a newer release, whose view shows it
	}
	if err != nil {
		return err
	}
	switch e := e.(type) {
	case inventory.WasListed:
		return list(ctx, tx, e, r)
	case inventory.PriceChanged:
		return change(ctx, tx, r, e.SKU, `amount = $5, currency = $6`, e.Price.Amount, e.Price.Currency)
	case inventory.LevelChanged:
		return change(ctx, tx, r, e.SKU, `on_hand = $5, reserved = $6`, e.OnHand, e.Reserved)
	default:
		return nil
	}
}

func list(ctx context.Context, tx projection.Tx, e inventory.WasListed, r eventlog.Record) error {
	const insert = `INSERT INTO VIEW_items (sku, name, amount, currency, on_hand, reserved, version, updated_at, position)
		VALUES ($1, $2, $3, $4, 0, 0, $5, $6, $7)`
	err := tx.Exec(ctx, insert, e.SKU, e.Name, e.Price.Amount, e.Price.Currency, r.Version, r.Time.UnixMicro(), r.Position)
	if err != nil {
		return fmt.Errorf("list item %s: %w", e.SKU, err)
	}
	return nil
}

// change sets columns of an item; their values are named $5 and $6.
func change(ctx context.Context, tx projection.Tx, r eventlog.Record, sku, columns string, values ...any) error {
	query := `UPDATE VIEW_items SET version = $2, updated_at = $3, position = $4, ` + columns + ` WHERE sku = $1`
	args := append([]any{sku, r.Version, r.Time.UnixMicro(), r.Position}, values...)
	if err := tx.Exec(ctx, query, args...); err != nil {
		return fmt.Errorf("change item %s: %w", sku, err)
	}
	return nil
}

// A row is one item as the view shows it.
type row struct {
	inventory.Item
	updatedAt time.Time
}

// items returns up to limit items that follow the item after, by SKU.
func items(ctx context.Context, db *sql.DB, after string, limit int) ([]row, error) {
	const query = `SELECT sku, name, amount, currency, on_hand, reserved, version, updated_at
		FROM VIEW_items WHERE sku > $1 ORDER BY sku LIMIT $2`
	rows, err := db.QueryContext(ctx, view.SQL(query), after, limit)
	if err != nil {
		return nil, fmt.Errorf("list items: %w", err)
	}
	defer rows.Close()
	var found []row
	for rows.Next() {
		var r row
		var updated int64
		err := rows.Scan(&r.SKU, &r.Name, &r.Price.Amount, &r.Price.Currency, &r.OnHand, &r.Reserved, &r.Version, &updated)
		if err != nil {
			return nil, fmt.Errorf("list items: %w", err)
		}
		r.updatedAt = time.UnixMicro(updated)
		found = append(found, r)
	}
	return found, rows.Err()
}

// shownUpTo returns a place in the log up to which the view shows everything.
func shownUpTo(ctx context.Context, db *sql.DB) (position int64, err error) {
	err = db.QueryRowContext(ctx, view.SQL(`SELECT coalesce(max(position), 0) FROM VIEW_items`)).Scan(&position)
	if err != nil {
		return 0, fmt.Errorf("list items: %w", err)
	}
	return position, nil
}
