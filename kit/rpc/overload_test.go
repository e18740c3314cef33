package rpc_test

import (
	"context"
	"sync"
	"testing"
	"time"

	testpb "github.com/grpc-ecosystem/go-grpc-middleware/v2/testing/testvalidate/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/durationpb"

	"orpheus.example/kit/rpc"
)

// busy serves calls that take until finish is called, once, and returns when as
// many as the server takes are in hand.
func busy(t *testing.T, limit int) (conn *grpc.ClientConn, finish func()) {
	t.Helper()
	begun, hold := make(chan struct{}, limit+1), make(chan struct{})
	_, conn = serve(t, rpc.Config{InHand: limit}, service{
		send: func(context.Context, *testpb.SendRequest) (*testpb.SendResponse, error) {
			begun <- struct{}{}
			<-hold
			return &testpb.SendResponse{}, nil
		},
	})
	var calls sync.WaitGroup
	for range limit {
		calls.Go(func() {
			if got := send(t, conn, valid); got.Code() != codes.OK {
				t.Errorf("Send() within the limit = %v; want OK", got)
			}
		})
		<-begun
	}
	return conn, func() { close(hold); calls.Wait() }
}

func TestOverloadIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	conn, finish := busy(t, 3)
	checkStatus(t, send(t, conn, valid), codes.ResourceExhausted,
		"server has as many calls in hand as it takes; try again later",
		info("OVERLOADED"), &errdetails.RetryInfo{RetryDelay: durationpb.New(time.Second)})

	finish()
	if got := send(t, conn, valid); got.Code() != codes.OK {
		t.Errorf("Send() after the overload = %v; want OK without anybody's help", got)
	}
}

func TestHealthIsToldInAnOverload(t *testing.T) {
	t.Parallel()
	conn, finish := busy(t, 1)
	defer finish()
	_, err := healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{})
	if err != nil {
		t.Errorf("Check() = %v; want an answer, so that nobody takes a busy server for a dead one", err)
	}
}
