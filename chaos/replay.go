package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	opsv1 "orpheus.example/gen/go/ops/v1"
)

const (
	// replayRate is how many facts a service says again in a second at most.
	replayRate = 5000
	// replayWithin bounds one replay: there may be a lot to say.
	replayWithin = 2 * patience
)

// replay has a service say again what it has said since a time. One that is cut
// short is made again from the beginning, as an operator would: to say a fact twice
// costs nothing but the time to pass over it.
func (s *shop) replay(ctx context.Context, service string, since time.Time) error {
	return eventually(ctx, replayWithin, time.Second, service+" says all again", func() error {
		return s.replayFacts(ctx, service, time.Since(since))
	})
}

// replayFacts asks the service for it.
func (s *shop) replayFacts(ctx context.Context, service string, ago time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, replayWithin)
	defer cancel()
	stream, err := s.ops(service).ReplayFacts(ctx, &opsv1.ReplayFactsRequest{
		Since: &opsv1.ReplayFactsRequest_Ago{Ago: durationpb.New(ago)}, Rate: replayRate, Operator: "chaos",
	})
	for err == nil {
		_, err = stream.Recv()
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("replay the facts of %s: %w", service, err)
}
