package cli

import (
	"context"
	"io"
	"strconv"

	"github.com/spf13/cobra"

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
			all, missing, err := askAll(c.Context(), s, o, func(ctx context.Context, on opsv1.OpsServiceClient) (*opsv1.GetLagResponse, error) {
				return on.GetLag(ctx, &opsv1.GetLagRequest{})
			})
			if err != nil {
				return err
			}
			if err := showAll(s, all, func() error { return s.table(func(w io.Writer) { s.writeLag(w, all) }) }); err != nil {
				return err
			}
			return s.name(missing)
		}),
	}, &o)
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
