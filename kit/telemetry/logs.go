package telemetry

import (
	"context"
	"io"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// NewHandler returns a handler that writes records as JSON, one a line, with
// trace_id and span_id if their context belongs to a trace. The level may change
// while it is in use.
//
// The values of attributes whose key ends in email, token, password or
// authorization are not written, whatever logger or library they come from. Text
// is not searched: what must not be logged may not be put into messages and
// errors in the first place.
func NewHandler(w io.Writer, level slog.Leveler) slog.Handler {
	return traced{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: readable})}
}

// traced adds the trace of the context to each record.
type traced struct{ slog.Handler }

// Handle adds to the record itself, so that the trace stands in the group, if any,
// that the logger was given.
func (t traced) Handle(ctx context.Context, r slog.Record) error {
	if at := trace.SpanContextFromContext(ctx); at.IsValid() {
		r.AddAttrs(
			slog.String("trace_id", at.TraceID().String()),
			slog.String("span_id", at.SpanID().String()))
	}
	return t.Handler.Handle(ctx, r)
}

// WithAttrs keeps the wrapping, which embedding alone would lose.
func (t traced) WithAttrs(attrs []slog.Attr) slog.Handler {
	return traced{t.Handler.WithAttrs(attrs)}
}

// WithGroup keeps it too.
func (t traced) WithGroup(name string) slog.Handler {
	return traced{t.Handler.WithGroup(name)}
}

// Redacted stands in the log where a secret was.
const Redacted = "[redacted]"

// readable keeps secrets, and writes durations with their unit: as JSON has it
// otherwise, 252ms would be 252000000 of something.
func readable(_ []string, a slog.Attr) slog.Attr {
	switch {
	case secret(a.Key):
		return slog.String(a.Key, Redacted)
	case a.Value.Kind() == slog.KindDuration:
		return slog.String(a.Key, a.Value.Duration().String())
	}
	return a
}

// secret goes by the end of a key, so that customer_email and paymentToken are
// found too.
func secret(key string) bool {
	key = strings.ToLower(key)
	for _, ending := range [...]string{"email", "token", "password", "authorization"} {
		if strings.HasSuffix(key, ending) {
			return true
		}
	}
	return false
}
