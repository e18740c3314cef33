// Package projection keeps a read model up to date with a log.
//
// A view is a set of tables that is derived from the log and from nothing else.
// It is changed in the same transaction as the cursor that says how far it has
// come, so it shows each event exactly once, whatever crashes.
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
)

// Limits of a Step.
const (
	// Batch is how many events are shown in one transaction.
	Batch = 500
	// Lease is how long a replica keeps a view's cursor after it last moved or
	// renewed it.
	Lease = 3 * time.Second
)

// placeholder stands in a view's SQL for the beginning of its tables' names.
const placeholder = "VIEW_"

// A View is a read model: its tables, and what each event changes in them.
type View struct {
	// Name and Version tell it apart. Raise Version with every change of Tables
	// or Apply.
	Name    string
	Version int
	// Tables is SQL that makes the tables. Their names begin with VIEW_.
	Tables string
	// Apply changes the tables as r demands. Kinds that it does not know change
	// nothing. It must not look at anything but its tables and r.
	Apply func(ctx context.Context, tx Tx, r eventlog.Record) error
}

// A Tx is a transaction on a view's tables. In its queries VIEW_ stands for the
// beginning of their names.
type Tx struct {
	tx   *sql.Tx
	view View
}

// Exec changes the tables.
func (t Tx) Exec(ctx context.Context, query string, args ...any) error {
	_, err := t.tx.ExecContext(ctx, t.view.SQL(query), args...)
	return err
}

// Row reads one row.
func (t Tx) Row(ctx context.Context, query string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(ctx, t.view.SQL(query), args...)
}

// SQL returns a query with the names of the view's own tables filled in.
func (v View) SQL(query string) string {
	return strings.ReplaceAll(query, placeholder, fmt.Sprintf("%s_v%d_", v.Name, v.Version))
}

func (v View) cursor() string { return fmt.Sprintf("view.%s.v%d", v.Name, v.Version) }

// Make makes the tables of v, unless they are there. Replicas may do so at once.
func (v View) Make(ctx context.Context, store eventlog.Store) error {
	if _, err := store.DB().ExecContext(ctx, v.SQL(v.Tables)); err != nil {
		return fmt.Errorf("make view %s version %d: %w", v.Name, v.Version, err)
	}
	return nil
}

// A Step shows.
type Step struct {
	view    View
	store   eventlog.Store
	holder  string
	now     func() time.Time
	cursor  eventlog.Cursor
	renewed time.Time

	mu    sync.Mutex
	made  bool // the tables are there
	ready bool // the view had once caught up with the log
}

// New returns the step that keeps v up to date with store. Holder is the
// identity of this process.
func New(v View, store eventlog.Store, holder string, now func() time.Time) *Step {
	return &Step{view: v, store: store, holder: holder, now: now}
}

// Name returns the step's name.
func (s *Step) Name() string { return s.view.Name + ".view" }

// Ready returns nil once the view has caught up with the log, whoever shows it;
// from then on it is behind by what happens to be under way. It may be called at
// any time, also while the step runs.
func (s *Step) Ready(ctx context.Context) error {
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
func (s *Step) Once(ctx context.Context) (bool, error) {
	if err := s.make(ctx); err != nil {
		return false, err
	}
	switch err := s.lease(ctx); {
	case errors.Is(err, eventlog.ErrFenced):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("lease: %w", err)
	}
	records, err := s.store.ReadAll(ctx, s.cursor.Position, Batch)
	if err != nil || len(records) == 0 {
		return false, err
	}
	return true, s.show(ctx, records)
}

// Wait returns when there may be more to show, the lease must be renewed, or ctx
// is done.
func (s *Step) Wait(ctx context.Context) {
	t := time.NewTimer(Lease / 3)
	defer t.Stop()
	grown := s.store.Grown(s.cursor.Position)
	if s.cursor.Term == 0 {
		grown = nil // another replica shows it
	}
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-grown:
	}
}

// Drain gives the cursor back, so that another replica can go on at once.
func (s *Step) Drain() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.cursor.Term != 0 {
		_ = s.store.Yield(ctx, s.cursor) // at worst the others wait for the lease to end
	}
}

// make makes the tables, once: Ready may want them at the same time.
func (s *Step) make(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made {
		return nil
	}
	err := s.view.Make(ctx, s.store)
	s.made = err == nil
	return err
}

func (s *Step) lease(ctx context.Context) error {
	if s.cursor.Term != 0 && s.now().Sub(s.renewed) < Lease/3 {
		return nil
	}
	at := s.now()
	cursor, err := s.store.Lease(ctx, s.view.cursor(), s.holder, s.cursor.Term, Lease)
	if err != nil {
		s.cursor.Term = 0
		return err
	}
	s.cursor, s.renewed = cursor, at
	return nil
}

func (s *Step) show(ctx context.Context, records []eventlog.Record) error {
	next := s.cursor
	next.Position = records[len(records)-1].Position
	err := s.store.Show(ctx, next, func(tx *sql.Tx) error {
		for _, r := range records {
			if err := s.view.Apply(ctx, Tx{tx, s.view}, r); err != nil {
				return fmt.Errorf("show %s at position %d: %w", r.Type, r.Position, err)
			}
		}
		return nil
	})
	if err != nil {
		s.cursor.Term = 0 // whatever happened, look again where the view stands
		return err
	}
	s.cursor = next
	return nil
}
