package stand

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// fillAtOnce is how many events one statement writes: so that none takes minutes.
const fillAtOnce = 250_000

// perStream is how many events each thing of the past has had.
const perStream = 5

// Prefill writes so many events of the past into the log of a service, which must
// not run: events of streams that nobody asks for, with as many marks, and all
// cursors behind them, as if everything of it had been said and shown.
func (s *Stand) Prefill(ctx context.Context, service string, events int64) error {
	config := s.admin.Config().Copy()
	config.Database = service
	db, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(ctx) }() // every statement was answered
	for done := int64(0); done < events; done += fillAtOnce {
		if err := fill(ctx, db, done, min(fillAtOnce, events-done)); err != nil {
			return fmt.Errorf("fill the log of %s: %w", service, err)
		}
	}
	// What the server would do in the background soon, it does before the load.
	for _, statement := range []string{"VACUUM (ANALYZE) events", "VACUUM (ANALYZE) inbox", "CHECKPOINT"} {
		if _, err := db.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// fill writes one portion: events, marks, the position of the last event and the
// cursors, in one transaction.
func fill(ctx context.Context, db *pgx.Conn, done, n int64) error {
	return pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		for _, statement := range []struct {
			text string
			args []any
		}{
			{
				`INSERT INTO events (position, stream, version, id, type, schema, recorded_at, correlation, causation, actor, trace, body)
				SELECT h.position + g, 'order-' || md5((($1 + g - 1) / $2)::text)::uuid, ($1 + g - 1) % $2 + 1, gen_random_uuid(),
					'bench.v1.Past', 1, now(), '', '', 'clock', '', decode(repeat(md5(g::text), 20), 'hex')
				FROM head h, generate_series(1, $3::bigint) g`,
				[]any{done, perStream, n},
			},
			{"INSERT INTO inbox (consumer, id, digest) SELECT 'past', gen_random_uuid(), 0 FROM generate_series(1, $1::bigint)", []any{n}},
			{"UPDATE head SET position = position + $1", []any{n}},
			{"UPDATE cursors SET position = (SELECT position FROM head)", nil},
		} {
			if _, err := tx.Exec(ctx, statement.text, statement.args...); err != nil {
				return err
			}
		}
		return nil
	})
}
