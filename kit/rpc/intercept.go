package rpc

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"orpheus.example/kit/loop"
	"orpheus.example/kit/telemetry"
)

// What ends a call from outside of its method. Both texts are shown to callers.
var (
	errStopping = errors.New("server is stopping")
	errTooLate  = errors.New("time of the call is up")
)

// unary is the outermost interceptor of single calls: it gives a call its time,
// and turns its error into an answer.
func (s *Server) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	loop.Roomy()
	ctx = s.traced(ctx)
	if !quiet(info.FullMethod) { // who asks after our health must not take us for dead
		if !s.inHand.begin(ctx) {
			return nil, s.shed(ctx).Err()
		}
		defer s.inHand.end()
	}
	ctx, cancel, err := s.limited(ctx)
	defer cancel()
	if err != nil {
		return nil, s.answer(ctx, info.FullMethod, err)
	}
	response, err := next(ctx, req)
	if err != nil {
		return nil, s.answer(ctx, info.FullMethod, err)
	}
	return response, nil
}

// limited gives a call that has no deadline the server's own, and refuses one
// whose time is as good as up: work begun now would be thrown away.
func (s *Server) limited(ctx context.Context) (context.Context, context.CancelFunc, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		ctx, cancel := context.WithTimeout(ctx, s.deadline)
		return ctx, cancel, nil
	}
	if time.Until(deadline) < LeastTime {
		return ctx, func() {}, errTooLate
	}
	return ctx, func() {}, nil
}

// stream is the outermost interceptor of streams. They get no deadline: a watch
// lasts as long as there is something to see. They end when the server stops.
func (s *Server) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	ctx, cancel := context.WithCancelCause(s.traced(ss.Context()))
	defer cancel(nil)
	defer context.AfterFunc(s.stopping, func() { cancel(errStopping) })()
	err := next(srv, &endingStream{ServerStream: ss, ctx: ctx})
	if err == nil {
		return nil
	}
	return s.answer(ctx, info.FullMethod, err)
}

// endingStream is a stream whose context also ends with the server.
type endingStream struct {
	grpc.ServerStream
	ctx context.Context //nolint:containedctx // grpc.ServerStream is how a context reaches a stream's method
}

// Context returns the context that ends with the call or with the server.
func (e *endingStream) Context() context.Context { return e.ctx }

// traced takes over the caller's trace where nothing else does it, so that it
// passes through a service that records nothing.
func (s *Server) traced(ctx context.Context) context.Context {
	if !s.untraced {
		return ctx
	}
	if sent := metadata.ValueFromIncomingContext(ctx, "traceparent"); len(sent) == 1 {
		return telemetry.WithRemote(ctx, sent[0])
	}
	return ctx
}
