package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/status"

	opsv1 "orpheus.example/gen/go/ops/v1"
)

const aboutLag = `Ask services how far they are behind, step by step: what the relay has yet to
say, what waits to be heard, which calls and alarms are due, and what views do
not show yet. What has been waiting for seconds is worth a look; zeros everywhere
and no dead letters mean that the shop is at rest, or keeps up.

A question mark is for what nobody can tell, as while the broker is away.
Services that do not answer are named at the end, and the exit code is then 3.`

func (s *session) lag() *cobra.Command {
	var o operators
	return s.chosen(&cobra.Command{
		Use: "lag", Short: "How far services are behind, step by step", Long: aboutLag,
		Example: `  orpheus lag
  orpheus lag --service payment,shipping
  orpheus lag -o json | jq '.order.lags[] | select(.step == "relay")'`,
		Args: cobra.NoArgs,
		RunE: s.runs(func(c *cobra.Command, _ []string) error {
			names, err := o.names()
			if err != nil {
				return err
			}
			all, missing := s.askLag(c.Context(), names)
			if err := showAll(s, all, func() error { return s.table(func(w io.Writer) { s.writeLag(w, all) }) }); err != nil {
				return err
			}
			return s.name(missing)
		}),
	}, &o)
}

// A silence is a service that has not said what it was asked, and why.
type silence struct {
	service string
	err     error
}

// askLag asks services at once, and returns what those said that have answered.
func (s *session) askLag(ctx context.Context, names []string) (all []said[*opsv1.GetLagResponse], missing []silence) {
	ctx, cancel := s.patient(ctx)
	defer cancel()
	answers, errs := make([]*opsv1.GetLagResponse, len(names)), make([]error, len(names))
	var asked sync.WaitGroup
	for i, name := range names {
		desk := s.ops(name) // connections are made by one at a time
		asked.Go(func() { answers[i], errs[i] = desk.GetLag(ctx, &opsv1.GetLagRequest{}) })
	}
	asked.Wait()
	for i, name := range names {
		if errs[i] != nil {
			missing = append(missing, silence{name, errs[i]})
			continue
		}
		all = append(all, said[*opsv1.GetLagResponse]{name, answers[i]})
	}
	return all, missing
}

// name tells of each service that has not answered. One is enough to fail.
func (s *session) name(missing []silence) error {
	for _, m := range missing {
		_, _ = fmt.Fprintf(s.Err, "no answer from %s: %s\n", m.service, plainCause(status.Convert(m.err).Message())) // nobody is left to tell
	}
	if len(missing) > 0 {
		return errMissing
	}
	return nil
}

func (s *session) writeLag(w io.Writer, all []said[*opsv1.GetLagResponse]) {
	row(w, "SERVICE", "STEP", "WAITING", "OLDEST")
	for _, one := range all {
		for _, l := range one.answer.GetLags() {
			waiting, age := strconv.FormatInt(l.GetWaiting(), 10), "-"
			if l.GetWaiting() < 0 {
				waiting = "?"
			}
			if l.GetOldestTime() != nil {
				age = took(s.Now().Sub(l.GetOldestTime().AsTime()))
			}
			row(w, one.service, l.GetStep(), waiting, age)
		}
		if n := one.answer.GetDeadLetters(); n > 0 {
			row(w, one.service, "dead letters", n, "see orpheus dlq list")
		}
	}
}
