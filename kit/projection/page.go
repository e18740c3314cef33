package projection

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	lru "github.com/hashicorp/golang-lru/v2"
)

// A page is a Table while it is being changed. Who has the cursor's term is the
// only one that writes the table, so the page knows which rows there are: new
// ones are inserted, others updated, and those that stay as they were are not
// written.
type page[E, P any] struct {
	Table[E, P]
	view          View[E]
	insert, count statement
	update        statement
	known         *lru.Cache[string, *entry[P]]
	unsure        bool // nothing is known of the table, not even that what begins is not there

	// Of the batch at hand:
	rows  map[string]*entry[P]
	order []string // keys of rows, in the order in which they came up
	tally tally
}

// An entry is a row, and its values as the table has them: nil if it has none.
type entry[P any] struct {
	row  *P
	kept []any
}

func (t Table[E, P]) open(v View[E]) sheet[E] {
	known, err := lru.New[string, *entry[P]](Remembered)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	p := &page[E, P]{
		Table: t, view: v, known: known, unsure: true,
		insert: prepare(func(n int) string { return v.SQL(t.insert(n)) }),
		update: prepare(func(n int) string { return v.SQL(t.update(n)) }),
	}
	if t.Tally != nil {
		p.count = prepare(func(n int) string { return v.SQL(t.Tally.upsert(n)) })
	}
	return p
}

// read finds the row of each event in memory or in the database. An event that
// begins one has a row that is not there yet.
func (p *page[E, P]) read(ctx context.Context, db *sql.DB, batch []happened[E]) error {
	p.rows, p.order, p.tally = map[string]*entry[P]{}, nil, tally{}
	var missing []string
	for _, h := range batch {
		key := p.Of(h.event, h.record)
		if key == "" || p.rows[key] != nil {
			continue
		}
		e, known := p.known.Get(key)
		if known {
			p.tally.add(p.Tally.of(e.row), -1)
		} else {
			e = p.blank(key)
		}
		if !known && (p.unsure || !p.begins(h)) {
			missing = append(missing, key)
		}
		p.rows[key], p.order = e, append(p.order, key)
	}
	if err := p.find(ctx, db, missing); err != nil {
		return err
	}
	p.unsure = false
	return nil
}

func (p *page[E, P]) blank(key string) *entry[P] {
	row := new(P)
	*p.key(row) = key
	return &entry[P]{row: row}
}

// find reads rows of which nothing is known, as far as there are any.
func (p *page[E, P]) find(ctx context.Context, db *sql.DB, keys []string) error {
	found, err := p.Find(ctx, db, p.view, keys...)
	if err != nil {
		return err
	}
	for key, row := range found {
		kept, err := values(p.Columns(&row))
		if err != nil {
			return fmt.Errorf("find in %s: %w", p.Name, err)
		}
		p.rows[key] = &entry[P]{&row, kept}
		p.tally.add(p.Tally.of(&row), -1)
	}
	return nil
}

// add changes the rows in memory.
func (p *page[E, P]) add(batch []happened[E]) {
	for _, h := range batch {
		if key := p.Of(h.event, h.record); key != "" {
			p.Add(p.rows[key].row, h.event, h.record)
		}
	}
	for key, e := range p.rows {
		p.known.Add(key, e)
		p.tally.add(p.Tally.of(e.row), 1)
	}
}

// write puts the rows of the batch into the database.
func (p *page[E, P]) write(ctx context.Context, tx *sql.Tx) error {
	fresh, changed, err := p.sort()
	if err != nil {
		return fmt.Errorf("show %s: %w", p.Name, err)
	}
	if err := p.insert.run(ctx, tx, fresh); err != nil {
		return fmt.Errorf("show new %s: %w", p.Name, err)
	}
	if err := p.update.run(ctx, tx, changed); err != nil {
		return fmt.Errorf("show %s: %w", p.Name, err)
	}
	if err := p.count.run(ctx, tx, p.tally.rows()); err != nil {
		return fmt.Errorf("show %s: %w", p.Tally.Name, err)
	}
	return nil
}

// sort returns what is new in the table, and what is to be changed there. From
// then on the table counts as written: forget says if it was not.
func (p *page[E, P]) sort() (fresh, changed [][]any, err error) {
	for _, key := range p.order {
		e := p.rows[key]
		now, err := values(p.Columns(e.row))
		switch {
		case err != nil:
			return nil, nil, err
		case e.kept == nil:
			fresh = append(fresh, now)
		case !slices.Equal(e.kept, now):
			changed = append(changed, now)
		}
		e.kept = now
	}
	return fresh, changed, nil
}

// forget drops what is remembered.
func (p *page[E, P]) forget() {
	p.known.Purge()
	p.unsure = true
}
