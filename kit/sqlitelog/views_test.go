package sqlitelog_test

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/kit/projection"
	"orpheus.example/kit/sqlitelog"
)

// A phrase is SQL as the services' views have it, and what it finds.
type phrase struct {
	sql  string
	args []any
	want [][]any // nil for what only changes something
}

// phrases are what each view says, in an order in which it could. The tables
// are copies of the services' own, in testdata: the kit must not know them.
var phrases = map[string][]phrase{
	"order": {
		{`INSERT INTO VIEW_orders (order_id, customer_id, state, amount, currency, placed_at, updated_at, version)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, []any{"o1", "c1", int32(1), 4200, "EUR", 1_000_001, 5, 1}, nil},
		{`INSERT INTO VIEW_orders (order_id, customer_id, state, amount, currency, placed_at, updated_at, version)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, []any{"o2", "c2", int32(1), 100, "EUR", 1_000_001, 5, 1}, nil},
		{tally, []any{int32(1), "EUR", 1, 4200}, nil},
		{tally, []any{int32(1), "EUR", 1, 100}, nil},
		{tally, []any{int32(1), "EUR", -1, -4200}, nil},
		{`UPDATE VIEW_orders SET state = $2, updated_at = $3, version = $4 WHERE order_id = $1`, []any{"o1", int32(2), 9, 2}, nil},
		{`SELECT state, amount, currency FROM VIEW_orders WHERE order_id = $1`, []any{"o1"}, [][]any{{int64(2), int64(4200), "EUR"}}},
		{listOrders, []any{"", int32(0), 1_000_001, "zzz", 10}, [][]any{{"o2", int64(1)}, {"o1", int64(2)}}},
		{listOrders, []any{"", int32(0), 1_000_001, "o2", 10}, [][]any{{"o1", int64(2)}}},
		{listOrders, []any{"c1", int32(0), 1_000_002, "", 10}, [][]any{{"o1", int64(2)}}},
		{listOrders, []any{"c1", int32(1), 1_000_002, "", 10}, nil},
		{`SELECT state, currency, orders, value FROM VIEW_stats WHERE orders > 0 ORDER BY state, currency`, nil,
			[][]any{{int64(1), "EUR", int64(1), int64(100)}}},
	},
	"payment":  dossiers("payments"),
	"shipping": dossiers("shipments"),
	"inventory": {
		{`INSERT INTO VIEW_items (sku, name, amount, currency, on_hand, reserved, version, updated_at, position)
			VALUES ($1, $2, $3, $4, 0, 0, $5, $6, $7)`, []any{"TEAPOT", "Teapot", 2100, "EUR", 1, 5, 1}, nil},
		{`UPDATE VIEW_items SET version = $2, updated_at = $3, position = $4, on_hand = $5, reserved = $6 WHERE sku = $1`,
			[]any{"TEAPOT", 2, 6, 7, 20, 3}, nil},
		{`SELECT on_hand, reserved, version, updated_at FROM VIEW_items WHERE sku > $1 ORDER BY sku LIMIT $2`,
			[]any{"T", 5}, [][]any{{int64(20), int64(3), int64(2), int64(6)}}},
		{`SELECT coalesce(max(position), 0) FROM VIEW_items`, nil, [][]any{{int64(7)}}},
	},
	"notify": {
		{meet, []any{"o1", "", ""}, nil},
		{meet, []any{"o1", "a@b.example", "Ann"}, nil},
		{meet, []any{"o1", "", ""}, nil}, // what is known is not forgotten
		{`INSERT INTO VIEW_messages (message_id, order_id, position, sequence, state, body, heard_at, sent_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 0)`, []any{"m1", "o1", 3, 1, int32(1), []byte{0, 255}, 5}, nil},
		{`SELECT through FROM VIEW_orders WHERE order_id = $1`, []any{"o1"}, [][]any{{int64(0)}}},
		{`SELECT count(*) FROM VIEW_messages WHERE order_id = $1 AND sequence = $2`, []any{"o1", 1}, [][]any{{int64(1)}}},
		{`UPDATE VIEW_orders SET through = $2 WHERE order_id = $1`, []any{"o1", 1}, nil},
		{`UPDATE VIEW_messages SET state = $3 WHERE order_id = $1 AND state = $4 AND sequence <= $2`,
			[]any{"o1", 1, int32(2), int32(1)}, nil},
		{`UPDATE VIEW_messages SET state = $2, sent_at = $3 WHERE message_id = $1`, []any{"m1", int32(3), 8}, nil},
		{mails + `WHERE ($1 = '' OR m.order_id = $1) AND m.position < $2 ORDER BY m.position DESC LIMIT $3`,
			[]any{"", 9, 5}, [][]any{{[]byte{0, 255}, int64(3), int64(3), "a@b.example", "Ann"}}},
		{mails + `WHERE m.message_id = $1`, []any{"none"}, nil},
	},
}

const (
	tally = `INSERT INTO VIEW_stats (state, currency, orders, value) VALUES ($1, $2, $3, $4)
		ON CONFLICT (state, currency) DO UPDATE
		SET orders = VIEW_stats.orders + excluded.orders, value = VIEW_stats.value + excluded.value`
	listOrders = `SELECT order_id, state FROM VIEW_orders
		WHERE ($1 = '' OR customer_id = $1) AND ($2 = 0 OR state = $2) AND (placed_at, order_id) < ($3, $4)
		ORDER BY placed_at DESC, order_id DESC LIMIT $5`
	meet = `INSERT INTO VIEW_orders (order_id, email, name, through) VALUES ($1, $2, $3, 0)
		ON CONFLICT (order_id) DO UPDATE SET email = excluded.email, name = excluded.name WHERE VIEW_orders.email = ''`
	mails = `SELECT m.body, m.position, m.state, o.email, o.name
		FROM VIEW_messages m JOIN VIEW_orders o ON o.order_id = m.order_id `
)

// dossiers are what views say that keep all they show of an order in one text.
func dossiers(table string) []phrase {
	table = "VIEW_" + table
	upsert := `INSERT INTO ` + table + ` (order_id, state, created_at, past) VALUES ($1, $2, $3, $4)
		ON CONFLICT (order_id) DO UPDATE SET state = excluded.state, past = excluded.past`
	list := `SELECT past FROM ` + table + `
		WHERE ($1 = 0 OR state = $1) AND (created_at, order_id) < ($2, $3)
		ORDER BY created_at DESC, order_id DESC LIMIT $4`
	return []phrase{
		{upsert, []any{"o1", int32(1), 5, `{"a":1}`}, nil},
		{upsert, []any{"o1", int32(2), 6, `{"a":2}`}, nil},
		{`SELECT past FROM ` + table + ` WHERE order_id = $1`, []any{"o1"}, [][]any{{`{"a":2}`}}},
		{list, []any{int32(0), 5, "zzz", 10}, [][]any{{`{"a":2}`}}},
		{list, []any{int32(2), 6, "", 10}, [][]any{{`{"a":2}`}}},
		{list, []any{int32(1), 6, "", 10}, nil},
	}
}

// TestViewsOfAllServices says what the services' views say, inside of Show and
// then through DB, on a file and in memory.
func TestViewsOfAllServices(t *testing.T) {
	t.Parallel()
	for name, say := range phrases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tables, err := os.ReadFile(filepath.Join("testdata", "views", name+".sql"))
			if err != nil {
				t.Fatal(err)
			}
			view := projection.View{Name: name, Version: 3, Tables: string(tables)}
			for _, c := range []sqlitelog.Config{{Path: newPath(t)}, {Memory: true}} {
				checkView(t, mustOpen(t, c), view, say)
			}
		})
	}
}

func checkView(t *testing.T, log *sqlitelog.Log, view projection.View, say []phrase) {
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
		for _, p := range say {
			checkPhrase(ctx, t, tx, view, p)
		}
		return nil
	})
	if err != nil {
		t.Errorf("Show(%s) = %v; want nil", view.Name, err)
	}
	if last := say[len(say)-1]; last.want != nil {
		checkPhrase(ctx, t, log.DB(), view, last) // committed
	}
}

// A speaker runs queries: a database, or a transaction on it.
type speaker interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func checkPhrase(ctx context.Context, t *testing.T, db speaker, view projection.View, p phrase) {
	t.Helper()
	rows, err := db.QueryContext(ctx, view.SQL(p.sql), p.args...)
	if err != nil {
		t.Fatalf("%s(%v) = %v; want nil", p.sql, p.args, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var got [][]any
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		got = append(got, row)
	}
	if diff := cmp.Diff(p.want, got); diff != "" || rows.Err() != nil {
		t.Errorf("%s(%v) differs (-want +got), %v:\n%s", p.sql, p.args, rows.Err(), diff)
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
