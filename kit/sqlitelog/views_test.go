package sqlitelog_test

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"orpheus.example/kit/projection"
	"orpheus.example/kit/sqlitelog"
)

// A phrase is a query as the services have it for reading their views.
type phrase struct {
	sql  string
	args []any
}

// phrases are what is asked of each view. How views are written is package
// projection's affair, and tried there. The tables are copies of the services'
// own, in testdata: the kit must not know them.
var phrases = map[string][]phrase{
	"order": {
		{`SELECT order_id, customer_id, state, amount, currency, placed_at, updated_at, version FROM VIEW_orders
			WHERE ($1 = '' OR customer_id = $1) AND ($2 = 0 OR state = $2) AND (placed_at, order_id) < ($3, $4)
			ORDER BY placed_at DESC, order_id DESC LIMIT $5`, []any{"", int32(0), 1_000_001, "zzz", 10}},
		{`SELECT state, currency, orders, value FROM VIEW_stats WHERE orders > 0 ORDER BY state, currency`, nil},
	},
	"payment":  finders("payments", "captured, refunds"),
	"shipping": finders("shipments", "cancelled"),
	"inventory": {
		{`SELECT sku, name, amount, currency, on_hand, reserved, version, updated_at, position FROM VIEW_items
			WHERE sku > $1 ORDER BY sku LIMIT $2`, []any{"T", 5}},
		{`SELECT coalesce(max(position), 0) FROM VIEW_items WHERE position > 0 HAVING count(*) > 0`, nil},
	},
	"notify": {
		{`SELECT message_id, order_id, position FROM VIEW_messages WHERE position < $1 ORDER BY position DESC LIMIT $2`,
			[]any{9, 5}},
		{`SELECT message_id, order_id, position FROM VIEW_messages WHERE message_id = $1`, []any{"m"}},
	},
}

// finders are what is asked of views that say where to look, and leave the rest to
// the log.
func finders(table, more string) []phrase {
	list := `SELECT order_id, created_at, state, ` + more + ` FROM VIEW_` + table + `
		WHERE ($1 = 0 OR state = $1) AND (created_at, order_id) < ($2, $3)
		ORDER BY created_at DESC, order_id DESC LIMIT $4`
	return []phrase{{list, []any{int32(0), 5, "zzz", 10}}}
}

// TestViewsOfAllServices makes the services' tables and asks what the services
// ask, inside of Show and then through DB, on a file and in memory.
func TestViewsOfAllServices(t *testing.T) {
	t.Parallel()
	for name, ask := range phrases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tables, err := os.ReadFile(filepath.Join("testdata", "views", name+".sql"))
			if err != nil {
				t.Fatal(err)
			}
			view := projection.View[any]{Name: name, Version: 3, Schema: string(tables)}
			for _, c := range []sqlitelog.Config{{Path: newPath(t)}, {Memory: true}} {
				checkView(t, mustOpen(t, c), view, ask)
			}
		})
	}
}

func checkView(t *testing.T, log *sqlitelog.Log, view projection.View[any], ask []phrase) {
	t.Helper()
	ctx := within(t, patience)
	for range 2 { // replicas make the tables anew
		if err := view.Make(ctx, log); err != nil {
			t.Fatalf("Make(%s) = %v; want nil", view.Name, err)
		}
	}
	c, err := log.Lease(ctx, "view", "h", 0, time.Hour)
	if err != nil {
		t.Fatalf("Lease(view) = %v; want nil", err)
	}
	c.Position = 1
	err = log.Show(ctx, c, func(tx *sql.Tx) error {
		for _, p := range ask {
			checkPhrase(ctx, t, tx, view, p)
		}
		return nil
	})
	if err != nil {
		t.Errorf("Show(%s) = %v; want nil", view.Name, err)
	}
	for _, p := range ask {
		checkPhrase(ctx, t, log.DB(), view, p)
	}
}

// A speaker runs queries: a database, or a transaction on it.
type speaker interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// checkPhrase checks that a query is understood. The tables are empty.
func checkPhrase(ctx context.Context, t *testing.T, db speaker, view projection.View[any], p phrase) {
	t.Helper()
	rows, err := db.QueryContext(ctx, view.SQL(p.sql), p.args...)
	if err != nil {
		t.Fatalf("%s(%v) = %v; want nil", p.sql, p.args, err)
	}
	defer rows.Close()
	if rows.Next() || rows.Err() != nil {
		t.Errorf("%s(%v) has a row, or %v; want none, nil", p.sql, p.args, rows.Err())
	}
}

// TestTablesAreThoseOfTheServices keeps the copies true, where the services are
// in the same tree.
func TestTablesAreThoseOfTheServices(t *testing.T) {
	t.Parallel()
	for name := range phrases {
		theirs, err := os.ReadFile(filepath.Join("..", "..", name, name+"d", "view.sql"))
		if os.IsNotExist(err) {
			t.Skip("the services are not here")
		}
		ours, err2 := os.ReadFile(filepath.Join("testdata", "views", name+".sql"))
		if err != nil || err2 != nil || !bytes.Equal(ours, theirs) {
			t.Errorf("testdata/views/%s.sql is not what the service has, %v, %v; copy it, and see to its phrases", name, err, err2)
		}
	}
}

// TestViewsAreReadWhileTheLogIsWritten has a reader in the middle of its rows. It
// holds up nobody, and sees what was there when it began.
func TestViewsAreReadWhileTheLogIsWritten(t *testing.T) {
	t.Parallel()
	ctx, log := within(t, patience), mustOpen(t, sqlitelog.Config{Path: newPath(t)})
	mustExec(t, log, `CREATE TABLE numbers AS SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3`)
	rows, err := log.DB().QueryContext(ctx, `SELECT n FROM numbers`)
	if err != nil || !rows.Next() {
		t.Fatalf("Query = %v; want rows", err)
	}
	defer rows.Close()
	mustCommit(t, log, unit("a", 0))
	c, err := log.Lease(ctx, "view", "h", 0, time.Hour)
	if err != nil {
		t.Fatalf("Lease = %v; want nil", err)
	}
	c.Position = 1
	err = log.Show(ctx, c, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM numbers`)
		return err
	})
	n := 1
	for rows.Next() {
		n++
	}
	if err != nil || n != 3 || rows.Err() != nil {
		t.Errorf("Show = %v, and the reader saw %d rows, %v; want nil, 3, nil", err, n, rows.Err())
	}
}
