package projection

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"

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
	// Tally counts the rows. May be nil.
	Tally *Tally[P]
}

// Rows is a Table, of whatever rows.
type Rows[E any] interface {
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
		if err := rows.Scan(t.values(&p)...); err != nil {
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
	wanted := make([][]any, len(keys))
	for i, key := range keys {
		wanted[i] = []any{key}
	}
	list, err := bundle(wanted)
	if err != nil {
		return nil, fmt.Errorf("find in %s: %w", t.Name, err)
	}
	key := t.Columns(new(P))[0].name
	rows, err := t.Select(ctx, db, v, `WHERE `+key+` IN (SELECT CAST(value ->> 0 AS text) FROM json_each($1))`, list)
	for _, p := range rows {
		found[*t.key(&p)] = p
	}
	return found, err
}

func (t Table[E, P]) key(p *P) *string {
	return t.Columns(p)[0].into.(*string) //nolint:forcetypeassert // the key is a Text
}

func (t Table[E, P]) values(p *P) []any {
	columns := t.Columns(p)
	values := make([]any, len(columns))
	for i, c := range columns {
		values[i] = c.into
	}
	return values
}

func (t Table[E, P]) selectAll() string {
	return `SELECT ` + list(t.Columns(new(P)), func(_ int, c Column) string { return c.name }) +
		` FROM ` + placeholder + t.Name + ` `
}

// upsert returns a statement that puts any number of rows into the table.
func (t Table[E, P]) upsert() string {
	columns := t.Columns(new(P))
	return insertRows(t.Name, columns) + ` ON CONFLICT (` + columns[0].name + `) DO UPDATE SET ` +
		list(columns[1:], func(_ int, c Column) string { return c.name + ` = excluded.` + c.name })
}

// insertRows returns the beginning of a statement whose only argument holds all
// rows, as bundle makes it: both databases take JSON apart under the same names.
// WHERE tells SQLite that the ON that follows is not one of a join.
func insertRows(table string, columns []Column) string {
	return `INSERT INTO ` + placeholder + table + ` (` + list(columns, func(_ int, c Column) string { return c.name }) +
		`) SELECT ` + list(columns, func(i int, c Column) string { return fmt.Sprintf(`CAST(value ->> %d AS %s)`, i, c.kind) }) +
		` FROM json_each($1) WHERE true`
}

// bundle returns rows as one argument: an object of arrays, since PostgreSQL's
// json_each takes objects only.
func bundle(rows [][]any) (string, error) {
	var b strings.Builder
	b.WriteByte('{')
	for i, row := range rows {
		text, err := json.Marshal(row)
		if err != nil {
			return "", err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"%d":%s`, i, text)
	}
	b.WriteByte('}')
	return b.String(), nil
}

func list(columns []Column, text func(int, Column) string) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = text(i, c)
	}
	return strings.Join(parts, ", ")
}

func (t Table[E, P]) open(v View[E]) sheet[E] {
	known, err := lru.New[string, *P](Remembered)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	p := &page[E, P]{Table: t, view: v, upsert: v.SQL(t.upsert()), known: known}
	if t.Tally != nil {
		p.count = v.SQL(t.Tally.upsert())
	}
	return p
}

// A page is a Table while it is being changed.
type page[E, P any] struct {
	Table[E, P]
	view          View[E]
	upsert, count string // statements
	known         *lru.Cache[string, *P]

	// Of the batch at hand:
	rows  map[string]*P
	order []string // keys of rows, in the order in which they came up
	tally tally
}

// read finds the row of each event in memory or in the database. The first event
// of a stream has a row that is not there yet.
func (p *page[E, P]) read(ctx context.Context, db *sql.DB, batch []happened[E]) error {
	p.rows, p.order, p.tally = map[string]*P{}, nil, tally{}
	var missing []string
	for _, h := range batch {
		key := p.Of(h.event, h.record)
		if key == "" || p.rows[key] != nil {
			continue
		}
		row, known := p.known.Get(key)
		if known {
			p.tally.add(p.Tally.of(row), -1)
		} else {
			row = p.blank(key)
		}
		if !known && h.record.Version > 1 {
			missing = append(missing, key)
		}
		p.rows[key], p.order = row, append(p.order, key)
	}
	found, err := p.Find(ctx, db, p.view, missing...)
	for key, row := range found {
		p.rows[key] = &row
		p.tally.add(p.Tally.of(&row), -1)
	}
	return err
}

func (p *page[E, P]) blank(key string) *P {
	row := new(P)
	*p.key(row) = key
	return row
}

// add changes the rows in memory.
func (p *page[E, P]) add(batch []happened[E]) {
	for _, h := range batch {
		if key := p.Of(h.event, h.record); key != "" {
			p.Add(p.rows[key], h.event, h.record)
		}
	}
	for key, row := range p.rows {
		p.known.Add(key, row)
		p.tally.add(p.Tally.of(row), 1)
	}
}

// write puts the rows of the batch into the database.
func (p *page[E, P]) write(ctx context.Context, tx *sql.Tx) error {
	if len(p.order) == 0 {
		return nil
	}
	rows := make([][]any, len(p.order))
	for i, key := range p.order {
		rows[i] = p.values(p.rows[key])
	}
	if err := put(ctx, tx, p.upsert, rows); err != nil {
		return fmt.Errorf("show %s: %w", p.Name, err)
	}
	if err := put(ctx, tx, p.count, p.tally.rows()); err != nil {
		return fmt.Errorf("show %s: %w", p.Tally.Name, err)
	}
	return nil
}

func put(ctx context.Context, tx *sql.Tx, statement string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	all, err := bundle(rows)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, statement, all)
	return err
}

// forget drops what is remembered.
func (p *page[E, P]) forget() { p.known.Purge() }
