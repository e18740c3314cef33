package rpc_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	testpb "github.com/grpc-ecosystem/go-grpc-middleware/v2/testing/testvalidate/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"orpheus.example/kit/rpc"
)

type clientStream = grpc.ServerStreamingClient[testpb.SendStreamResponse]

func openStream(t *testing.T, conn *grpc.ClientConn, message string) clientStream {
	t.Helper()
	s, err := testpb.NewTestValidateServiceClient(conn).SendStream(t.Context(), &testpb.SendStreamRequest{Message: message})
	if err != nil {
		t.Fatalf("SendStream() = %v; want nil", err)
	}
	return s
}

// receive returns how a stream ends.
func receive(s clientStream) *status.Status {
	for {
		_, err := s.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return status.New(codes.OK, "")
		case err != nil:
			return status.Convert(err)
		}
	}
}

// watches sends one message and then waits for its end, as a watch does when
// nothing changes.
func watches(_ *testpb.SendStreamRequest, s grpc.ServerStreamingServer[testpb.SendStreamResponse]) error {
	if err := s.Send(&testpb.SendStreamResponse{}); err != nil {
		return err
	}
	<-s.Context().Done()
	return s.Context().Err()
}

func TestStopEndsStreamsWithUnavailable(t *testing.T) {
	t.Parallel()
	s, conn := serve(t, rpc.Config{}, service{stream: watches})
	stream := openStream(t, conn, valid)
	if _, err := stream.Recv(); err != nil {
		t.Fatalf("Recv() = %v; want the first message", err)
	}
	if !stop(t, s, 5*time.Second) {
		t.Error("Stop() = false; want the stream to end by itself")
	}
	got := receive(stream)
	if got.Code() != codes.Unavailable || got.Message() != "server is stopping" || len(got.Details()) != 2 {
		t.Fatalf("stream ended with %v; want Unavailable, with a reason and when to retry", got)
	}
	if reason := got.Details()[0].(*errdetails.ErrorInfo).GetReason(); reason != "SERVER_STOPPING" {
		t.Errorf("reason = %s; want SERVER_STOPPING", reason)
	}
}

func TestStopWaitsForCalls(t *testing.T) {
	t.Parallel()
	begun, finish := make(chan struct{}), make(chan struct{})
	s, conn := serve(t, rpc.Config{}, service{
		send: func(context.Context, *testpb.SendRequest) (*testpb.SendResponse, error) {
			close(begun)
			<-finish
			return &testpb.SendResponse{}, nil
		},
	})
	ended, stopped := make(chan codes.Code, 1), make(chan bool, 1)
	go func() { ended <- send(t, conn, valid).Code() }()
	<-begun
	go func() { stopped <- stop(t, s, 5*time.Second) }()
	for served(t, conn, "") != healthpb.HealthCheckResponse_UNKNOWN {
		runtime.Gosched() // until the server takes no more calls
	}
	close(finish)
	if code, gracefully := <-ended, <-stopped; code != codes.OK || !gracefully {
		t.Errorf("call, Stop() = %v, %v; want OK, true", code, gracefully)
	}
}

// A method that heeds nothing is left behind when the time is up.
func TestStopIsBounded(t *testing.T) {
	t.Parallel()
	begun, finish := make(chan struct{}), make(chan struct{})
	s, conn := serve(t, rpc.Config{}, service{
		send: func(context.Context, *testpb.SendRequest) (*testpb.SendResponse, error) {
			close(begun)
			<-finish
			return nil, errors.New("too late")
		},
	})
	defer close(finish)
	ended := make(chan codes.Code, 1)
	go func() { ended <- send(t, conn, valid).Code() }()
	<-begun
	if stop(t, s, 50*time.Millisecond) {
		t.Error("Stop() = true; want false, since a call hangs")
	}
	if got := <-ended; got != codes.Unavailable {
		t.Errorf("hanging call ended with %v; want Unavailable", got)
	}
}

const serviceName = "testing.testvalidate.v1.TestValidateService"

// served returns what a health check is told; UNKNOWN if it is not answered.
func served(t *testing.T, conn *grpc.ClientConn, name string) healthpb.HealthCheckResponse_ServingStatus {
	t.Helper()
	r, err := healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{Service: name})
	if err != nil {
		return healthpb.HealthCheckResponse_UNKNOWN
	}
	return r.GetStatus()
}

func TestHealthIsToldForEachService(t *testing.T) {
	t.Parallel()
	const yes, no = healthpb.HealthCheckResponse_SERVING, healthpb.HealthCheckResponse_NOT_SERVING
	s, conn := serve(t, rpc.Config{}, service{})
	check := func(when string, want healthpb.HealthCheckResponse_ServingStatus) {
		t.Helper()
		for _, name := range []string{"", serviceName} {
			if got := served(t, conn, name); got != want {
				t.Errorf("health of %q %s = %v; want %v", name, when, got, want)
			}
		}
	}
	check("at first", no)
	s.SetServing(true)
	check("when ready", yes)
	s.SetServing(false)
	check("when not ready", no)
	s.SetServing(true)
	s.Drain()
	check("when drained", no)
	s.SetServing(true)
	check("when ready after the drain", no)
}

func TestReflectionListsServices(t *testing.T) {
	t.Parallel()
	_, conn := serve(t, rpc.Config{}, service{})
	stream, err := reflectpb.NewServerReflectionClient(conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatalf("ServerReflectionInfo() = %v; want nil", err)
	}
	if err := stream.Send(&reflectpb.ServerReflectionRequest{
		MessageRequest: &reflectpb.ServerReflectionRequest_ListServices{},
	}); err != nil {
		t.Fatalf("Send() = %v; want nil", err)
	}
	r, err := stream.Recv()
	if err != nil {
		t.Fatalf("Recv() = %v; want nil", err)
	}
	var got []string
	for _, s := range r.GetListServicesResponse().GetService() {
		got = append(got, s.GetName())
	}
	want := []string{
		"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
		"grpc.reflection.v1alpha.ServerReflection", serviceName,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
}
