package rpc

import (
	"context"
	"log/slog"
	"sync/atomic"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// overloaded is what callers are told whose call was not begun. They are told at
// once: a call that waits in line for longer than its caller has patience is
// work thrown away, and what makes an overload last after the load has gone.
var overloaded = Refusal{
	Code: codes.ResourceExhausted, Reason: ReasonOverload,
	Message: "server has as many calls in hand as it takes; try again later", RetryAfter: retryAfter,
}

// inHand counts the single calls that a server works on, and refuses those that
// are too many. Streams are not among them: they wait most of the time, and
// MaxConcurrent bounds them.
type inHand struct {
	limit    int64
	calls    atomic.Int64
	shedding atomic.Bool // the log knows that calls are being refused
}

// begin takes a call in hand, unless there are too many.
func (h *inHand) begin(ctx context.Context) bool {
	if h.calls.Add(1) <= h.limit {
		return true
	}
	h.calls.Add(-1)
	if h.shedding.CompareAndSwap(false, true) { // a line for each overload, not for each call
		slog.WarnContext(ctx, "overloaded, refusing calls", "in_hand", h.limit)
	}
	return false
}

// end lets go of a call. An overload is over when half of the room is free
// again, so that one at the edge is not many.
func (h *inHand) end() {
	if h.calls.Add(-1) < h.limit/2 && h.shedding.Load() {
		h.shedding.Store(false)
	}
}

// shed refuses a call without beginning it.
func (s *Server) shed(ctx context.Context) *status.Status {
	s.sheds.Add(ctx, 1)
	return s.status(overloaded)
}
