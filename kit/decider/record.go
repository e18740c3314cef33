package decider

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/telemetry"
)

// record makes what is kept of e: its id follows from its cause, so that the
// same cause makes the same event again, never a second one.
func (d *desk[S, C, E, D]) record(ctx context.Context, to, stream string, version int64, n int, e E) (eventlog.Record, error) {
	kind, schema, body, err := d.host.config.Codec.Encode(e)
	if err != nil {
		return eventlog.Record{}, fmt.Errorf("keep %T: %w", e, err)
	}
	correlation := d.cause.Correlation
	if correlation == "" {
		_, correlation, _ = strings.Cut(to, "-")
	}
	if d.causation == "" {
		d.causation = d.cause.ID.String()
	}
	return eventlog.Record{
		Stream: stream, Version: version, ID: derive(d.cause.ID, stream, n), Type: kind, Schema: schema, Body: body,
		Time: d.now, Correlation: correlation, Causation: d.causation, Actor: d.cause.Actor,
		Trace: d.host.trace(ctx, kind),
	}, nil
}

// derive returns the id of the nth event that a cause has in a stream.
func derive(cause uuid.UUID, stream string, n int) uuid.UUID {
	var room [128]byte
	name := append(append(room[:0], stream...), '/')
	return eventlog.DerivedID(cause, strconv.AppendInt(name, int64(n), 10))
}

// trace returns the context in which an event is created: a span of its own if
// it is going to be published, so that whoever hears it can join in.
func (h *Host[S, C, E, D]) trace(ctx context.Context, kind string) string {
	if h.config.Says == nil || !h.config.Says(kind) {
		return telemetry.Traceparent(ctx)
	}
	traceparent, done := telemetry.Create(ctx, h.config.Exchange, kind)
	done(nil)
	return traceparent
}
