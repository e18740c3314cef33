package rpc

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// What callers are told is decided here, in one place, and so is what the log
// is told instead.

// retryAfter is what callers are told to wait when it is this server, or what it
// leans on, that is at fault for the moment.
const retryAfter = time.Second

// answer turns the error of a call into what the caller is told, and logs what
// he is not.
func (s *Server) answer(ctx context.Context, method string, err error) error {
	told := s.told(ctx, err)
	s.log(ctx, method, told, err)
	return told.Err()
}

// told settles which of several things that may be true of an error counts: what
// the service says itself, then the end of the call, then a fault.
func (s *Server) told(ctx context.Context, err error) *status.Status {
	if r, known := s.table.refusal(err); known {
		return s.status(r)
	}
	cause := context.Cause(ctx)
	stopping := errors.Is(cause, errStopping)
	// Only a status that is itself the error was meant for our caller. One that
	// is wrapped came from somewhere else, and is that somebody's answer to us.
	if own, direct := err.(interface{ GRPCStatus() *status.Status }); direct {
		// A stream that calls its end by us a cancellation, as health checks do,
		// is corrected: its caller did not cancel.
		if !stopping || own.GRPCStatus().Code() != codes.Canceled {
			return s.withInfo(own.GRPCStatus())
		}
	}
	switch {
	case stopping:
		return s.status(Refusal{Code: codes.Unavailable, Reason: ReasonStopping,
			Message: errStopping.Error(), RetryAfter: retryAfter})
	case errors.Is(cause, context.Canceled):
		return s.status(Refusal{Code: codes.Canceled, Reason: ReasonLeft, Message: "caller went away"})
	case cause != nil, errors.Is(err, errTooLate):
		return s.status(Refusal{Code: codes.DeadlineExceeded, Reason: ReasonTooLate, Message: errTooLate.Error()})
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		// The call itself had time left: something within ran out of its own.
		return s.status(Refusal{Code: codes.Unavailable, Reason: ReasonWaiting,
			Message: "something this service needs did not answer in time", RetryAfter: retryAfter})
	}
	return s.status(s.fault(ctx))
}

// fault is all that callers are told of a fault of ours. The trace id lets them
// ask for more.
func (s *Server) fault(ctx context.Context) Refusal {
	r := Refusal{Code: codes.Internal, Reason: ReasonInternal, Message: "internal error"}
	if at := trace.SpanContextFromContext(ctx); at.IsValid() {
		r.Metadata = map[string]string{"trace_id": at.TraceID().String()}
	}
	return r
}

// status returns a refusal as one of this server's.
func (s *Server) status(r Refusal) *status.Status {
	if r.Domain == "" {
		r.Domain = s.name
	}
	return r.GRPCStatus()
}

// withInfo adds the ErrorInfo to a status that a method has made without one, as
// generated code does for methods that are not implemented.
func (s *Server) withInfo(st *status.Status) *status.Status {
	if reasonOf(st) != "" || st.Code() == codes.OK {
		return st
	}
	full, err := st.WithDetails(&errdetails.ErrorInfo{Reason: reasonFor(st.Code()), Domain: s.name})
	if err != nil {
		return st // unreachable: only for codes.OK
	}
	return full
}

// reasonOf returns the reason in the ErrorInfo of st, empty if it has none.
func reasonOf(st *status.Status) string {
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

// reasonFor makes UPPER_SNAKE_CASE of a code's name.
func reasonFor(c codes.Code) string {
	var b strings.Builder
	for i, letter := range c.String() {
		if i > 0 && letter >= 'A' && letter <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(letter)
	}
	return strings.ToUpper(b.String())
}

// log writes one line for each call that was not OK, at a level that says whose
// fault it is: the caller's, what we lean on, or ours.
func (s *Server) log(ctx context.Context, method string, told *status.Status, err error) {
	level := levelOf(told.Code())
	if !slog.Default().Enabled(ctx, level) || quiet(method) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", method),
		slog.String("code", told.Code().String()),
		slog.String("reason", reasonOf(told)),
		slog.String("error", err.Error()),
	}
	if p, ok := errors.AsType[*recovery.PanicError](err); ok {
		attrs[len(attrs)-1] = slog.Any("panic", p.Panic)
		attrs = append(attrs, slog.String("stack", string(p.Stack)))
	}
	slog.LogAttrs(ctx, level, "call not OK", attrs...)
}

// levelOf keeps what callers do wrong out of the sight of those who look for what
// we do wrong.
func levelOf(c codes.Code) slog.Level {
	switch c {
	case codes.Internal, codes.Unknown, codes.DataLoss:
		return slog.LevelError
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted:
		return slog.LevelWarn
	case codes.Canceled:
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}

// quiet reports whether a method is called so often by machines that it is
// neither logged nor traced.
func quiet(method string) bool {
	return strings.HasPrefix(method, "/grpc.health.v1.Health/")
}
