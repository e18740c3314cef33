// Package projection keeps a read model up to date with a log.
//
// A view is a set of tables that is derived from the log and from nothing else.
// It is changed in the same transaction as the cursor that says how far it has
// come, so it shows each event exactly once, whatever crashes.
//
// Events are shown by the batch: the rows that they concern are read with one
// statement, changed in memory and written with another, so that a thousand
// events cost as many statements as one. While events keep coming, a view moves
// every Pace and not with each of them, so an order's many events touch its row
// a few times only; after a rest it moves at once. Lists are therefore up to half a
// second older than the log. Who must not read the past reads a stream.
//
// Views are not migrated but built anew. The tables of each version of a view
// have names of their own, so a new version grows from the log's beginning
// beside the old one, which replicas of the old kind go on reading; a replica of
// the new kind is ready once its version has caught up.
package projection

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/lease"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/wire"
)

// Limits of a Step.
const (
	// Batch is how many events are shown in one transaction: about as many as a
	// store keeps in memory of what it has committed last.
	Batch = 4000
	// Pace is how long a Step lets events pile up after it has shown some. Most
	// orders go all their way within it, so that their rows are written once.
	Pace = 500 * time.Millisecond
)

// placeholder stands in a view's SQL for the beginning of its tables' names.
const placeholder = "VIEW_"

// A View is a read model: its tables, and what each event changes in them. E are
// the events.
type View[E any] struct {
	// Name and Version tell it apart. Raise Version with every change of what
	// follows.
	Name    string
	Version int
	// Schema is SQL that makes the tables. Their names begin with VIEW_.
	Schema string
	// Decode reads what is kept. An event of a kind that is not known, of which
	// it says wire.ErrUnknownKind, is of a newer release, whose view shows it.
	Decode func(eventlog.Record) (E, error)
	// Rows are the tables. An event may change a row of each.
	Rows []Rows[E]
}

// SQL returns a query with the names of the view's own tables filled in.
func (v View[E]) SQL(query string) string {
	return strings.ReplaceAll(query, placeholder, fmt.Sprintf("%s_v%d_", v.Name, v.Version))
}

func (v View[E]) cursor() string { return fmt.Sprintf("view.%s.v%d", v.Name, v.Version) }

// Make makes the tables of v, unless they are there. Replicas may do so at once.
func (v View[E]) Make(ctx context.Context, store eventlog.Store) error {
	if err := store.Define(ctx, v.SQL(v.Schema)); err != nil {
		return fmt.Errorf("make view %s version %d: %w", v.Name, v.Version, err)
	}
	for _, rows := range v.Rows {
		makeRoom(ctx, store.DB(), v.SQL(placeholder+rows.name()))
	}
	return nil
}

// makeRoom has PostgreSQL leave room in each page of a table, so that a row that
// changes stays in its page, and indexes are written only if what they hold has
// changed. A row changes soon after it was made, among others that do. Other
// databases do not know of that and refuse; nothing depends on it, so what goes
// wrong is passed over. A table that has been told is not told again.
func makeRoom(ctx context.Context, db *sql.DB, table string) {
	var untold bool
	err := db.QueryRowContext(ctx, `SELECT reloptions IS NULL FROM pg_class WHERE oid = CAST($1 AS regclass)`, table).Scan(&untold)
	if err == nil && untold {
		_, _ = db.ExecContext(ctx, `ALTER TABLE `+table+` SET (fillfactor = 50)`)
	}
}

// A Step shows.
type Step[E any] struct {
	view   View[E]
	store  eventlog.Store
	place  *lease.Place
	sheets []sheet[E]
	term   int64     // to which what the sheets remember belongs
	next   time.Time // when to show again, by this machine's clock

	mu    sync.Mutex
	made  bool // the tables are there
	ready bool // the view had once caught up with the log
}

// New returns the step that keeps v up to date with store. Holder is the
// identity of this process.
func New[E any](v View[E], store eventlog.Store, holder string, now func() time.Time) *Step[E] {
	s := &Step[E]{view: v, store: store, place: lease.New(store, v.cursor(), holder, now)}
	for _, rows := range v.Rows {
		s.sheets = append(s.sheets, rows.open(v))
	}
	return s
}

// Name returns the step's name.
func (s *Step[E]) Name() string { return s.view.Name + ".view" }

// Ready returns nil once the view has caught up with the log, whoever shows it;
// from then on it is behind by what happens to be under way. It may be called at
// any time, also while the step runs.
func (s *Step[E]) Ready(ctx context.Context) error {
	s.mu.Lock()
	ready := s.ready
	s.mu.Unlock()
	if ready {
		return nil
	}
	head, err := s.store.Head(ctx)
	if err != nil {
		return err
	}
	at, err := s.store.Where(ctx, s.view.cursor())
	if err != nil {
		return err
	}
	if at < head {
		return fmt.Errorf("view %s has come to %d of %d events", s.view.Name, at, head)
	}
	// A view of an empty log has no cursor yet, and must have its tables.
	if err := s.make(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = true
	return nil
}

// Once shows the next events. If another replica has the cursor there is nothing
// to do.
func (s *Step[E]) Once(ctx context.Context) (bool, error) {
	if err := s.make(ctx); err != nil {
		return false, err
	}
	began := time.Now()
	records, err := s.place.Read(ctx, Batch)
	if err != nil || len(records) == 0 {
		return false, err
	}
	s.next = began.Add(Pace)
	if len(records) == Batch {
		s.next = began // there may be many more
	}
	return true, s.show(ctx, records)
}

// Rest lets events pile up, so that they are shown together.
func (s *Step[E]) Rest(ctx context.Context) { _ = loop.Sleep(ctx, time.Until(s.next)) } // the loop looks at ctx itself

// Wait returns when there may be more to show, or ctx is done.
func (s *Step[E]) Wait(ctx context.Context) { s.place.Wait(ctx, -1, nil) }

// Drain gives the cursor back, so that another replica can go on at once.
func (s *Step[E]) Drain() { s.place.Yield() }

// Prepare makes the tables of the views among steps, so that whoever asks before
// the first event is shown finds them empty rather than missing.
func Prepare(ctx context.Context, steps []loop.Step) error {
	for _, s := range steps {
		if s, ok := s.(interface {
			make(ctx context.Context) error
		}); ok {
			if err := s.make(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// make makes the tables, once: Ready may want them at the same time.
func (s *Step[E]) make(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made {
		return nil
	}
	err := s.view.Make(ctx, s.store)
	s.made = err == nil
	return err
}

// show shows records and moves the cursor. Rows are read before the transaction
// begins: if somebody else could have changed them since, the transaction is
// fenced.
func (s *Step[E]) show(ctx context.Context, records []eventlog.Record) error {
	if s.term != s.place.Term() {
		s.forget()
	}
	batch, err := s.decode(records)
	if err != nil {
		return err
	}
	for _, sheet := range s.sheets {
		if err := sheet.read(ctx, s.store.DB(), batch); err != nil {
			return err
		}
	}
	for _, sheet := range s.sheets {
		sheet.add(batch)
	}
	last := records[len(records)-1].Position
	err = s.place.KeepWith(last, func(c eventlog.Cursor) error {
		return s.store.Show(ctx, c, func(tx *sql.Tx) error { return s.write(ctx, tx) })
	})
	if err != nil {
		s.forget() // whatever happened, look again where the view stands
		return err
	}
	s.place.Went(last)
	return nil
}

func (s *Step[E]) write(ctx context.Context, tx *sql.Tx) error {
	for _, sheet := range s.sheets {
		if err := sheet.write(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

func (s *Step[E]) decode(records []eventlog.Record) ([]happened[E], error) {
	batch := make([]happened[E], 0, len(records))
	for _, r := range records {
		e, err := s.view.Decode(r)
		if errors.Is(err, wire.ErrUnknownKind) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("show %s at position %d: %w", r.Type, r.Position, err)
		}
		batch = append(batch, happened[E]{e, r})
	}
	return batch, nil
}

func (s *Step[E]) forget() {
	for _, sheet := range s.sheets {
		sheet.forget()
	}
	s.term = s.place.Term()
}
