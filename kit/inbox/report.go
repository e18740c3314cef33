package inbox

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"orpheus.example/kit/deadletter"
)

const scope = "orpheus.example/kit/inbox"

// A report logs and counts what goes wrong.
type report struct {
	hearer  string
	letters metric.Int64Counter
	retries metric.Int64Counter
}

// newReport returns the report of a hearer. An instrument that cannot be made is a
// valid one that does nothing, and these names are constant and valid: there is no
// error to see.
func newReport(hearer string) report {
	meter := otel.Meter(scope)
	letters, _ := meter.Int64Counter("orpheus.deadletter.messages",
		metric.WithDescription("Messages that were set aside as dead letters, by reason."), metric.WithUnit("{message}"))
	retries, _ := meter.Int64Counter("orpheus.inbox.retries",
		metric.WithDescription("Tries of messages that failed and are going to be repeated."), metric.WithUnit("{try}"))
	return report{hearer, letters, retries}
}

// parked tells of a fact that was set aside. One that waits behind another is no
// news: the other one was.
func (r report) parked(ctx context.Context, f fact, l deadletter.Letter) {
	r.letters.Add(ctx, 1, metric.WithAttributes(
		attribute.String("orpheus.hearer", r.hearer), attribute.String("orpheus.deadletter.reason", string(l.Reason))))
	level := slog.LevelError
	if l.Reason == deadletter.Behind {
		level = slog.LevelInfo
	}
	slog.Log(ctx, level, "parked as a dead letter", "hearer", r.hearer, "reason", l.Reason, "type", f.Type, "id", f.ID,
		"correlation", f.Correlation, "tries", l.Attempts, "error", l.Error)
}

// failed tells of a try that is going to be repeated, of the first and then of
// every tenth one.
func (r report) failed(ctx context.Context, f fact, behind int, err error) {
	r.retries.Add(ctx, 1, metric.WithAttributes(attribute.String("orpheus.hearer", r.hearer)))
	if f.tries == 1 || f.tries%10 == 0 {
		slog.WarnContext(ctx, "cannot hear now, keeping it back", "hearer", r.hearer, "type", f.Type, "id", f.ID,
			"tries", f.tries, "behind", behind, "error", err)
	}
}
