package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	opsv1 "orpheus.example/gen/go/ops/v1"
)

// replayRate is how many facts a service says again in a second at most.
const replayRate = 5000

// replay has a service say again what it said in the time before now.
func (s *shop) replay(ctx context.Context, service string, ago time.Duration) error {
	err := s.replayFacts(ctx, service, ago)
	if status.Code(err) == codes.Unimplemented {
		return s.rewind(ctx, service, ago)
	}
	if err != nil {
		return fmt.Errorf("replay the facts of %s: %w", service, err)
	}
	return nil
}

// replayFacts asks the service for it.
func (s *shop) replayFacts(ctx context.Context, service string, ago time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
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
	return err
}

// back moves the relay's cursor back to where the log was at a time before now.
const back = `WITH moved AS (
	UPDATE cursors SET holder = '', until = now(), position = least(position,
		(SELECT coalesce(max(position), 0) FROM events WHERE recorded_at < now() - make_interval(secs => $1)))
	WHERE name = 'relay' RETURNING 1)
SELECT count(*) FROM moved`

// rewind does the same to a service that cannot be asked: its relay is led back
// while it is down. A service that says nothing has no relay.
func (s *shop) rewind(ctx context.Context, service string, ago time.Duration) error {
	if _, err := s.Stop(service); err != nil {
		return err
	}
	var moved int
	if err := s.pulse.ask(ctx, service, &moved, back, ago.Seconds()); err != nil {
		return fmt.Errorf("rewind the relay of %s: %w", service, err)
	}
	return s.Start(ctx, service)
}
