package rpc

import (
	"hash/fnv"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"orpheus.example/kit/eventlog"
)

// StoreRows returns what callers are told when a store is at fault: that the same
// call may succeed soon.
func StoreRows() Table {
	return Table{
		{Err: eventlog.ErrConflict, Refusal: Refusal{
			Code: codes.Aborted, Reason: "CONFLICT", Message: "others are changing the same thing; try again", RetryAfter: 100 * time.Millisecond,
		}},
		{Err: eventlog.ErrUnavailable, Refusal: Refusal{
			Code: codes.Unavailable, Reason: "STORE_UNAVAILABLE", Message: "the database cannot be reached; try again", RetryAfter: time.Second,
		}},
	}
}

// Once returns the mark that makes a request count once: a repeat of it is
// answered with what is known then, and another request under the same id is
// refused. Method keeps the ids of different methods apart. The id must be a
// valid UUID, as the rules of the contract see to.
func Once(method, requestID string, request proto.Message) *eventlog.Mark {
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(request)
	if err != nil {
		panic("rpc: a request that was decoded cannot be encoded: " + err.Error()) // unreachable
	}
	h := fnv.New64a()
	_, _ = h.Write(text) // a hash never fails to write
	return &eventlog.Mark{
		Consumer: "rpc", ID: eventlog.DerivedID(uuid.MustParse(requestID), []byte(method)),
		Digest: int64(h.Sum64()), //nolint:gosec // any 64 bits will do
	}
}
