package cli

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	opsv1 "orpheus.example/gen/go/ops/v1"
)

const aboutReplay = `Have services say again what they have said before, out of their logs: for a
broker that has lost what it held. Nothing happens twice, because hearers know
what they have heard; so it is safe to begin too early, and to do it again.

All services should be up before, or what they ought to hear finds no queue. By
time, a replay begins a minute early, since clocks differ. Facts keep their ids
and traces. A replay that is cut short says where it has come to; --position goes
on from there.`

func (s *session) replay() *cobra.Command {
	var o operators
	var since string
	r := &opsv1.ReplayFactsRequest{}
	var position int64
	c := &cobra.Command{
		Use: "replay {--since TIME | --position N}", Short: "Say again what was said, for a broker that has lost it", Long: aboutReplay,
		Example: `  orpheus replay --since 10m                        # of the last ten minutes, all services
  orpheus replay --since 2026-11-21T09:00:00Z --dry-run
  orpheus replay --position 0                       # all there is
  orpheus replay --service order --position 81234 --rate 5000
  orpheus replay --since 1h --service order --type order.v1.OrderPlaced`,
		Args: cobra.NoArgs,
		RunE: s.runs(func(c *cobra.Command, _ []string) error {
			names, err := o.names()
			if err != nil {
				return err
			}
			if err := s.begin(c, r, since, position, len(names)); err != nil {
				return err
			}
			r.Operator = o.operator
			return s.replayAll(c.Context(), names, r)
		}),
	}
	f := c.Flags()
	f.StringVar(&since, "since", "", "said since then: a duration such as 10m, or a time such as 2026-11-21T09:00:00Z")
	f.Int64Var(&position, "position", 0, "after this position of the service's log; 0 is its beginning")
	f.StringSliceVar(&r.Types, "type", nil, "only facts of these types, as in order.v1.OrderPlaced (default all)")
	f.Float64Var(&r.Rate, "rate", 0, "facts a second at most, of each service (default 1000)")
	f.BoolVar(&r.DryRun, "dry-run", false, "only count them")
	c.MarkFlagsOneRequired("since", "position")
	c.MarkFlagsMutuallyExclusive("since", "position")
	return s.signed(s.chosen(c, &o), &o)
}

// begin fills in where a replay begins. Positions are of one log, so one above 0
// is for one service.
func (s *session) begin(c *cobra.Command, r *opsv1.ReplayFactsRequest, since string, position int64, services int) error {
	if c.Flags().Changed("position") {
		if position > 0 && services > 1 {
			return misuse("--position %d is a place in one service's log; say which with --service", position)
		}
		r.Since = &opsv1.ReplayFactsRequest_Position{Position: position}
		return nil
	}
	if ago, err := time.ParseDuration(since); err == nil {
		r.Since = &opsv1.ReplayFactsRequest_Ago{Ago: durationpb.New(ago)}
		return nil
	}
	at, err := time.Parse(time.RFC3339, since)
	if err != nil {
		return misuse("--since is %q; want a duration such as 10m, or a time such as 2026-11-21T09:00:00Z", since)
	}
	r.Since = &opsv1.ReplayFactsRequest_Time{Time: timestamppb.New(at)}
	return nil
}

// replayAll has one service after the other replay, and shows how far each has
// come, also if one of them fails.
func (s *session) replayAll(ctx context.Context, names []string, r *opsv1.ReplayFactsRequest) error {
	var all []said[*opsv1.ReplayFactsResponse]
	var failed error
	for _, name := range names {
		end, err := s.replayOne(ctx, name, r)
		if end != nil {
			all = append(all, said[*opsv1.ReplayFactsResponse]{name, end})
		}
		if failed = err; failed != nil {
			break
		}
	}
	if len(all) == 0 {
		return failed
	}
	err := showAll(s, all, func() error { return s.table(func(w io.Writer) { writeReplays(w, all, r.GetDryRun()) }) })
	if failed != nil {
		return failed // as the service says it
	}
	return err
}

// replayOne returns how far a service has come.
func (s *session) replayOne(ctx context.Context, name string, r *opsv1.ReplayFactsRequest) (last *opsv1.ReplayFactsResponse, err error) {
	stream, err := s.ops(name).ReplayFacts(ctx, r)
	if err != nil {
		return nil, err
	}
	show, done := s.bar(name)
	defer done()
	for from := int64(-1); ; {
		told, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return last, nil
		case err != nil:
			return last, err
		}
		if from < 0 {
			from = told.GetPosition() // of where it began nobody tells; the first step is small
		}
		last = told
		show(told.GetPosition()-from, told.GetEnd()-from)
	}
}

// bar returns what draws a bar for those who look at it, and what wipes it away.
func (s *session) bar(what string) (show func(done, all int64), finish func()) {
	if !s.Watched {
		return func(int64, int64) {}, func() {}
	}
	bar := progressbar.NewOptions64(1,
		progressbar.OptionSetWriter(s.Err), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	show = func(done, all int64) {
		bar.ChangeMax64(max(all, 1))
		_ = bar.Set64(done) // a bar that cannot be drawn harms nobody
	}
	return show, func() { _ = bar.Finish() }
}

func writeReplays(w io.Writer, all []said[*opsv1.ReplayFactsResponse], counted bool) {
	facts := "SAID AGAIN"
	if counted {
		facts = "WOULD BE SAID AGAIN"
	}
	row(w, "SERVICE", facts, "POSITION", "OF")
	for _, one := range all {
		row(w, one.service, one.answer.GetFacts(), one.answer.GetPosition(), one.answer.GetEnd())
	}
}
