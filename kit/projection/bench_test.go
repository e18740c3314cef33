package projection_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/projection"
)

// benchEvents is how many events are shown each way in each round: of streams of
// twelve events, as those of an order are.
const benchEvents = 6000

// BenchmarkShow shows the same events in batches, and one by one with a read and
// a write for each, in turns. Trust the ratio, which is reported as "times".
//
//	go test ./projection -run '^$' -bench Show -benchtime 5x
func BenchmarkShow(b *testing.B) {
	for name, open := range map[string]func(testing.TB) eventlog.Store{"postgres": openPostgres, "sqlite": openSQLite} {
		b.Run(name, func(b *testing.B) {
			store := open(b)
			batched, single := step(store, 1, "one"), newSingle(b, store)
			var took [2]time.Duration
			for round := range b.N {
				fill(b, store, round, benchEvents)
				began := time.Now()
				show(b, batched)
				half := time.Now()
				single.show(b)
				took[0] += half.Sub(began)
				took[1] += time.Since(half)
			}
			events := float64(b.N) * benchEvents
			b.ReportMetric(events/took[0].Seconds(), "batched/s")
			b.ReportMetric(events/took[1].Seconds(), "single/s")
			b.ReportMetric(took[1].Seconds()/took[0].Seconds(), "times")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// A single shows with two statements for each event, as many events as Batch in
// one transaction.
type single struct {
	store eventlog.Store
	view  projection.View[string]
}

func newSingle(b *testing.B, store eventlog.Store) *single {
	b.Helper()
	s := &single{store: store, view: view(2)}
	if err := s.view.Make(b.Context(), store); err != nil {
		b.Fatal(err)
	}
	return s
}

func (s *single) show(b *testing.B) {
	b.Helper()
	ctx := b.Context()
	c, err := s.store.Lease(ctx, "single", "one", 0, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	for {
		records, err := s.store.ReadAll(ctx, c.Position, projection.Batch)
		if err != nil {
			b.Fatal(err)
		}
		if len(records) == 0 {
			return
		}
		c.Position = records[len(records)-1].Position
		err = s.store.Show(ctx, c, func(tx *sql.Tx) error {
			for _, r := range records {
				if err := s.apply(ctx, tx, r); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func (s *single) apply(ctx context.Context, tx *sql.Tx, r eventlog.Record) error {
	a, text := account{Stream: r.Stream}, "null"
	var opened, touched int64
	err := tx.QueryRowContext(ctx, s.view.SQL(`SELECT owner, color, events, opened, touched, notes FROM VIEW_accounts WHERE stream = $1`), r.Stream).
		Scan(&a.owner, &a.color, &a.events, &opened, &touched, &text)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if err := json.Unmarshal([]byte(text), &a.Notes); err != nil {
		return err
	}
	a.opened = time.UnixMicro(opened)
	a.add(string(r.Body), r)
	notes, err := json.Marshal(a.Notes)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, s.view.SQL(`INSERT INTO VIEW_accounts (stream, owner, color, events, opened, touched, notes)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (stream) DO UPDATE SET owner = excluded.owner, color = excluded.color,
		events = excluded.events, opened = excluded.opened, touched = excluded.touched, notes = excluded.notes`),
		a.Stream, a.owner, a.color, a.events, a.opened.UnixMicro(), a.touched.UnixMicro(), string(notes))
	return err
}
