package pglog

import (
	"context"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/attribute"
)

// A tracer makes a span of each round trip. Otelpgx by itself would make one of
// each statement in it, and of getting a connection: a dozen for one Append.
// What goes wrong with a statement is in the span of its round trip.
type tracer struct{ *otelpgx.Tracer }

func newTracer() tracer {
	return tracer{otelpgx.NewTracer(otelpgx.WithDisableAcquireTracer())}
}

// TraceBatchQuery does nothing.
func (tracer) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// measure reports a pool's figures for as long as the process lives.
func measure(pool *pgxpool.Pool, name string) error {
	// The usual name, host and database, would be the same for both.
	return otelpgx.RecordStats(pool, otelpgx.WithStatsAttributes(attribute.String("db.client.connection.pool.name", name)))
}
