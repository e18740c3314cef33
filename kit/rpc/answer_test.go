package rpc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"orpheus.example/kit/telemetry"
)

var errKnown = errors.New("thing is not there")

func known() *Server {
	return &Server{name: "test", deadline: DefaultDeadline, table: Table{
		{Err: errKnown, Refusal: Refusal{Code: codes.NotFound, Reason: "NOT_THERE"}},
	}}
}

func ended(cause error) context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	return ctx
}

// Which of several truths about an error the caller is told.
func TestTold(t *testing.T) {
	t.Parallel()
	alive := context.Background()
	tooLate := errors.New("query: timeout")
	cases := map[string]struct {
		ctx    context.Context
		err    error
		code   codes.Code
		reason string
	}{
		"what_is_known":                    {alive, fmt.Errorf("load: %w", errKnown), codes.NotFound, "NOT_THERE"},
		"what_is_known_though_the_time_up": {ended(context.DeadlineExceeded), errKnown, codes.NotFound, "NOT_THERE"},
		"the_deadline_passed":              {ended(context.DeadlineExceeded), tooLate, codes.DeadlineExceeded, ReasonTooLate},
		"the_caller_left":                  {ended(context.Canceled), tooLate, codes.Canceled, ReasonLeft},
		"the_server_stops":                 {ended(errStopping), context.Canceled, codes.Unavailable, ReasonStopping},
		"the_time_was_up_on_arrival":       {alive, errTooLate, codes.DeadlineExceeded, ReasonTooLate},
		"something_within_timed_out":       {alive, fmt.Errorf("q: %w", context.DeadlineExceeded), codes.Unavailable, ReasonWaiting},
		"something_within_was_cancelled":   {alive, fmt.Errorf("q: %w", context.Canceled), codes.Unavailable, ReasonWaiting},
		"a_status_of_the_method":           {alive, status.Error(codes.DataLoss, "gone"), codes.DataLoss, "DATA_LOSS"},
		"a_status_of_a_stopped_stream":     {ended(errStopping), status.Error(codes.Canceled, "x"), codes.Unavailable, ReasonStopping},
		"a_status_from_elsewhere":          {alive, fmt.Errorf("call: %w", status.Error(codes.NotFound, "x")), codes.Internal, ReasonInternal},
		"a_fault":                          {alive, errors.New("nil map"), codes.Internal, ReasonInternal},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := known().told(c.ctx, c.err)
			if got.Code() != c.code || reasonOf(got) != c.reason {
				t.Errorf("told(%v) = %v %s; want %v %s", c.err, got.Code(), reasonOf(got), c.code, c.reason)
			}
		})
	}
}

func TestAFaultNamesItsTrace(t *testing.T) {
	t.Parallel()
	ctx := telemetry.WithRemote(t.Context(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	got := known().fault(ctx).Metadata["trace_id"]
	if want := "0af7651916cd43dd8448eb211c80319c"; got != want {
		t.Errorf("trace_id = %q; want %q", got, want)
	}
}

// A caller is told at once that there is not time enough, and gets five seconds
// if he has not said.
func TestLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cases := []struct {
			left time.Duration // 0 for a call without a deadline
			want time.Duration
			err  error
		}{
			{0, DefaultDeadline, nil},
			{time.Minute, time.Minute, nil},
			{LeastTime, LeastTime, nil},
			{LeastTime - 1, LeastTime - 1, errTooLate},
			{-time.Second, -time.Second, errTooLate},
		}
		for _, c := range cases {
			ctx, cancel := t.Context(), context.CancelFunc(func() {})
			if c.left != 0 {
				ctx, cancel = context.WithTimeout(ctx, c.left)
			}
			limited, done, err := known().limited(ctx)
			deadline, _ := limited.Deadline()
			if got := time.Until(deadline); got != c.want || !errors.Is(err, c.err) {
				t.Errorf("limited(%v left) = %v, %v; want %v, %v", c.left, got, err, c.want, c.err)
			}
			done()
			cancel()
		}
	})
}

func TestACallersTracePassesThrough(t *testing.T) {
	t.Parallel()
	const sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("traceparent", sent))
	s := known()
	if got := telemetry.Traceparent(s.traced(ctx)); got != "" {
		t.Errorf("traced() where the stats handler does it = %q; want nothing done", got)
	}
	s.untraced = true
	if got := telemetry.Traceparent(s.traced(ctx)); got != sent {
		t.Errorf("traced() = %q; want %q", got, sent)
	}
}

// A caller who breaks a thousand rules is told of twenty.
func TestInvalidIsBounded(t *testing.T) {
	t.Parallel()
	broken := &protovalidate.ValidationError{}
	for range 1000 {
		broken.Violations = append(broken.Violations, &protovalidate.Violation{
			Proto: &validate.Violation{Message: new("is wrong")},
		})
	}
	r := invalid(broken)
	if len(r.Fields) != MaxFields || !strings.HasSuffix(r.Message, "; and 980 more") {
		t.Errorf("invalid(1000 violations) = %d fields, %q; want %d", len(r.Fields), r.Message, MaxFields)
	}
}

// The log has what the caller is not told. Not parallel: the logger is global.
func TestLogOfACall(t *testing.T) {
	var out bytes.Buffer
	before := slog.Default()
	defer slog.SetDefault(before)
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))

	s := known()
	_ = s.answer(t.Context(), "/a.v1.A/B", errors.New("row 17 is broken"))
	_ = s.answer(t.Context(), "/a.v1.A/B", errKnown)
	_ = s.answer(ended(context.Canceled), "/a.v1.A/B", context.Canceled)
	_ = s.answer(t.Context(), "/grpc.health.v1.Health/Check", errKnown)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("log has %d lines; want 2:\n%s", len(lines), &out)
	}
	for _, want := range []string{"level=ERROR", "/a.v1.A/B", "code=Internal", "row 17 is broken"} {
		if !strings.Contains(lines[0], want) {
			t.Errorf("log line lacks %s: %s", want, lines[0])
		}
	}
	if !strings.Contains(lines[1], "level=INFO") || !strings.Contains(lines[1], "reason=NOT_THERE") {
		t.Errorf("log line of a refusal = %s; want level INFO and its reason", lines[1])
	}
}

func TestReasonFor(t *testing.T) {
	t.Parallel()
	if got := reasonFor(codes.FailedPrecondition); got != "FAILED_PRECONDITION" {
		t.Errorf("reasonFor(FailedPrecondition) = %s", got)
	}
}
