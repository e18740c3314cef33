package rpc_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	testpb "github.com/grpc-ecosystem/go-grpc-middleware/v2/testing/testvalidate/v1"
	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/testing/protocmp"

	"orpheus.example/kit/rpc"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}

// service answers with what its functions do.
type service struct {
	testpb.UnimplementedTestValidateServiceServer
	send   func(context.Context, *testpb.SendRequest) (*testpb.SendResponse, error)
	stream func(*testpb.SendStreamRequest, grpc.ServerStreamingServer[testpb.SendStreamResponse]) error
}

func (s service) Send(ctx context.Context, r *testpb.SendRequest) (*testpb.SendResponse, error) {
	if s.send == nil {
		return s.UnimplementedTestValidateServiceServer.Send(ctx, r)
	}
	return s.send(ctx, r)
}

func (s service) SendStream(r *testpb.SendStreamRequest, ss grpc.ServerStreamingServer[testpb.SendStreamResponse]) error {
	return s.stream(r, ss)
}

func fails(err error) service {
	return service{send: func(context.Context, *testpb.SendRequest) (*testpb.SendResponse, error) { return nil, err }}
}

// serve runs a server over a pipe and returns a connection to it.
func serve(t *testing.T, c rpc.Config, methods service) (*rpc.Server, *grpc.ClientConn) {
	t.Helper()
	c.Name = "test"
	s := rpc.NewServer(c)
	testpb.RegisterTestValidateServiceServer(s, methods)
	pipe := bufconn.Listen(1 << 16)
	served := make(chan error, 1)
	go func() { served <- s.Serve(pipe) }()
	conn, err := grpc.NewClient("passthrough:pipe",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return pipe.DialContext(ctx) }))
	if err != nil {
		t.Fatalf("NewClient() = %v; want nil", err)
	}
	t.Cleanup(func() {
		_ = conn.Close() // ends the calls that a test leaves open
		stop(t, s, 5*time.Second)
		if err := <-served; err != nil {
			t.Errorf("Serve() = %v; want nil", err)
		}
	})
	return s, conn
}

func stop(t *testing.T, s *rpc.Server, within time.Duration) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return s.Stop(ctx)
}

// send makes one call and returns how it ended.
func send(t *testing.T, conn *grpc.ClientConn, message string) *status.Status {
	t.Helper()
	_, err := testpb.NewTestValidateServiceClient(conn).Send(t.Context(), &testpb.SendRequest{Message: message})
	return status.Convert(err)
}

const valid = "a@b.example"

func checkStatus(t *testing.T, got *status.Status, code codes.Code, message string, details ...any) {
	t.Helper()
	if got.Code() != code || got.Message() != message {
		t.Errorf("status = %s %q; want %s %q", got.Code(), got.Message(), code, message)
	}
	if diff := cmp.Diff(details, got.Details(), protocmp.Transform()); diff != "" {
		t.Errorf("details (-want +got):\n%s", diff)
	}
}

func info(reason string) *errdetails.ErrorInfo {
	return &errdetails.ErrorInfo{Reason: reason, Domain: "test"}
}

func TestBrokenRulesAreABadRequest(t *testing.T) {
	t.Parallel()
	_, conn := serve(t, rpc.Config{}, fails(errors.New("method was called")))
	checkStatus(t, send(t, conn, "nobody"), codes.InvalidArgument, "message: must be a valid email address",
		info("VALIDATION_FAILED"),
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "message", Description: "must be a valid email address"},
		}})
}

func TestBrokenRulesOfAStreamAreABadRequest(t *testing.T) {
	t.Parallel()
	_, conn := serve(t, rpc.Config{}, service{})
	got := receive(openStream(t, conn, "nobody"))
	if got.Code() != codes.InvalidArgument || len(got.Details()) != 2 {
		t.Errorf("status = %v with %d details; want InvalidArgument with 2", got, len(got.Details()))
	}
}

func TestKnownErrorsAreTheTablesRefusals(t *testing.T) {
	t.Parallel()
	errGone := errors.New("item is gone")
	table := rpc.Table{{
		Err: errGone,
		Refusal: rpc.Refusal{
			Code: codes.FailedPrecondition, Reason: "ITEM_GONE",
			Fields:     []rpc.Field{{Path: "sku", Description: "is gone"}},
			RetryAfter: time.Minute,
		},
		Refine: func(_ error, r *rpc.Refusal) { r.Metadata = map[string]string{"sku": "TEAPOT"} },
	}}
	_, conn := serve(t, rpc.Config{Table: table}, fails(errors.Join(errors.New("row 17 of stock"), errGone)))
	got := send(t, conn, valid)
	want := info("ITEM_GONE")
	want.Metadata = map[string]string{"sku": "TEAPOT"}
	checkStatus(t, got, codes.FailedPrecondition, "item is gone", want,
		&errdetails.PreconditionFailure{Violations: []*errdetails.PreconditionFailure_Violation{
			{Type: "ITEM_GONE", Subject: "sku", Description: "is gone"},
		}},
		got.Details()[2])
	if retry := got.Details()[2].(*errdetails.RetryInfo).GetRetryDelay().AsDuration(); retry != time.Minute {
		t.Errorf("retry after %v; want 1m", retry)
	}
}

func TestARefusalMayBeReturnedAsItIs(t *testing.T) {
	t.Parallel()
	_, conn := serve(t, rpc.Config{}, fails(rpc.BadField("lines[0].sku", "is not for sale")))
	checkStatus(t, send(t, conn, valid), codes.InvalidArgument, "lines[0].sku: is not for sale",
		info("VALIDATION_FAILED"),
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "lines[0].sku", Description: "is not for sale"},
		}})
}

func TestUnknownErrorsKeepTheirText(t *testing.T) {
	t.Parallel()
	_, conn := serve(t, rpc.Config{}, fails(errors.New("password of db is hunter2")))
	got := send(t, conn, valid)
	if got.Code() != codes.Internal || got.Message() != "internal error" || strings.Contains(got.String(), "hunter2") {
		t.Errorf("status = %v; want an internal error and nothing more", got)
	}
}

func TestStatusesOfAMethodGetAReason(t *testing.T) {
	t.Parallel()
	_, conn := serve(t, rpc.Config{}, service{})
	checkStatus(t, send(t, conn, valid), codes.Unimplemented, "method Send not implemented", info("UNIMPLEMENTED"))
}

func TestAPanicEndsOneCall(t *testing.T) {
	t.Parallel()
	calls := 0
	_, conn := serve(t, rpc.Config{}, service{
		send: func(context.Context, *testpb.SendRequest) (*testpb.SendResponse, error) {
			if calls++; calls == 1 {
				panic("boom")
			}
			return &testpb.SendResponse{}, nil
		},
		stream: func(*testpb.SendStreamRequest, grpc.ServerStreamingServer[testpb.SendStreamResponse]) error {
			panic("boom")
		},
	})
	if got := send(t, conn, valid); got.Code() != codes.Internal || got.Message() != "internal error" {
		t.Errorf("status = %v; want an internal error", got)
	}
	if got := receive(openStream(t, conn, valid)); got.Code() != codes.Internal {
		t.Errorf("status of the stream = %v; want an internal error", got)
	}
	if got := send(t, conn, valid); got.Code() != codes.OK {
		t.Errorf("next status = %v; want OK", got)
	}
}

func TestCallsWithoutADeadlineGetOne(t *testing.T) {
	t.Parallel()
	_, conn := serve(t, rpc.Config{Deadline: 20 * time.Millisecond}, service{
		send: func(ctx context.Context, _ *testpb.SendRequest) (*testpb.SendResponse, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
	})
	checkStatus(t, send(t, conn, valid), codes.DeadlineExceeded, "time of the call is up", info("DEADLINE_EXCEEDED"))
}

func TestLimitsOfSize(t *testing.T) {
	t.Parallel()
	_, conn := serve(t, rpc.Config{}, service{})
	if got := send(t, conn, strings.Repeat("x", rpc.MaxReceive)); got.Code() != codes.ResourceExhausted {
		t.Errorf("status of a large request = %v; want ResourceExhausted", got)
	}
	ctx := metadata.AppendToOutgoingContext(t.Context(), "large", strings.Repeat("x", rpc.MaxHeaders))
	_, err := testpb.NewTestValidateServiceClient(conn).Send(ctx, &testpb.SendRequest{Message: valid})
	if got := status.Code(err); got == codes.OK || got == codes.Unimplemented {
		t.Errorf("status of a call with large headers = %v; want it refused", err)
	}
}

func TestATableThatIsNotWellFormedPanics(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]rpc.Row{
		"no_error":     {Refusal: rpc.Refusal{Code: codes.NotFound, Reason: "GONE"}},
		"no_code":      {Err: io.EOF, Refusal: rpc.Refusal{Reason: "GONE"}},
		"no_reason":    {Err: io.EOF, Refusal: rpc.Refusal{Code: codes.NotFound}},
		"loose_reason": {Err: io.EOF, Refusal: rpc.Refusal{Code: codes.NotFound, Reason: "it is gone"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Errorf("NewServer(%+v) did not panic", row)
				}
			}()
			rpc.NewServer(rpc.Config{Table: rpc.Table{row}})
		})
	}
}
