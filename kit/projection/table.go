package projection

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"orpheus.example/kit/eventlog"
)

// Remembered is how many rows of a table a Step keeps in memory, so that the
// next event of the same thing need not read its row.
const Remembered = 8192

// A Table is rows that are folded from events: those of one stream each, or of a
// part of one. E are the events, P is a row.
type Table[E, P any] struct {
	Name string // without VIEW_
	// Of returns the key of the row that an event changes, empty if there is
	// none. The events of a row are all of one stream.
	Of func(e E, r eventlog.Record) string
	// Add changes a row as an event demands. It must not look at anything else.
	Add func(row *P, e E, r eventlog.Record)
	// Columns returns the columns of a row. The first is the key, a Text; a new
	// row has nothing but that.
	Columns func(row *P) []Column
	// Begins reports whether an event makes a new row, so that nobody looks for an
	// old one. May be nil: then it is the first event of a stream.
	Begins func(e E, r eventlog.Record) bool
	// Tally counts the rows. May be nil.
	Tally *Tally[P]
}

// Rows is a Table, of whatever rows.
type Rows[E any] interface {
	// name returns the table's name, without VIEW_.
	name() string
	// open returns the table as a Step sees it, in the view that names it.
	open(view View[E]) sheet[E]
}

// A sheet is where the rows of one table are changed. Its methods are called in
// this order, for each batch of events; what they say to the database is the
// same, however many events there are.
type sheet[E any] interface {
	read(ctx context.Context, db *sql.DB, batch []happened[E]) error
	add(batch []happened[E])
	write(ctx context.Context, tx *sql.Tx) error
	// forget is called when others may have changed the table, or a write may
	// not have been kept.
	forget()
}

// happened is one event, as it was decoded and as it is kept.
type happened[E any] struct {
	event  E
	record eventlog.Record
}

// Select returns rows as the rest of a query demands, which begins with WHERE.
func (t Table[E, P]) Select(ctx context.Context, db *sql.DB, v View[E], rest string, args ...any) ([]P, error) {
	rows, err := db.QueryContext(ctx, v.SQL(t.selectAll()+rest), args...)
	if err != nil {
		return nil, fmt.Errorf("select %s: %w", t.Name, err)
	}
	defer rows.Close()
	var found []P
	for rows.Next() {
		var p P
		if err := rows.Scan(t.scanned(&p)...); err != nil {
			return nil, fmt.Errorf("select %s: %w", t.Name, err)
		}
		found = append(found, p)
	}
	return found, rows.Err()
}

// Find returns the rows of keys, as far as there are any.
func (t Table[E, P]) Find(ctx context.Context, db *sql.DB, v View[E], keys ...string) (map[string]P, error) {
	found := make(map[string]P, len(keys))
	if len(keys) == 0 {
		return found, nil
	}
	// One argument for any number of keys: both databases take an object of arrays
	// apart under the same names.
	wanted := make(map[string][]string, len(keys))
	for i, key := range keys {
		wanted[strconv.Itoa(i)] = []string{key}
	}
	list, err := json.Marshal(wanted)
	if err != nil {
		return nil, fmt.Errorf("find in %s: %w", t.Name, err)
	}
	key := t.Columns(new(P))[0].name
	rows, err := t.Select(ctx, db, v, `WHERE `+key+` IN (SELECT CAST(value ->> 0 AS text) FROM json_each($1))`, string(list))
	for _, p := range rows {
		found[*t.key(&p)] = p
	}
	return found, err
}

func (t Table[E, P]) name() string { return t.Name }

func (t Table[E, P]) begins(h happened[E]) bool {
	if t.Begins == nil {
		return h.record.Version == 1
	}
	return t.Begins(h.event, h.record)
}

func (t Table[E, P]) key(p *P) *string {
	return t.Columns(p)[0].into.(*string) //nolint:forcetypeassert // the key is a Text
}

func (t Table[E, P]) scanned(p *P) []any {
	columns := t.Columns(p)
	into := make([]any, len(columns))
	for i, c := range columns {
		into[i] = c.into
	}
	return into
}

func (t Table[E, P]) selectAll() string {
	return `SELECT ` + list(t.Columns(new(P)), func(_ int, c Column) string { return c.name }) +
		` FROM ` + placeholder + t.Name + ` `
}

func list(columns []Column, text func(int, Column) string) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = text(i, c)
	}
	return strings.Join(parts, ", ")
}
