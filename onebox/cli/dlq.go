package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	opsv1 "orpheus.example/gen/go/ops/v1"
)

const aboutDLQ = `A message that a service cannot handle is set aside in its database, and later
ones of the same order wait behind it; all other orders flow. What was set aside
stays until somebody, once the cause is mended, has it handled again (replay), or
takes it away with a reason (discard). Who did what is on record (log). What only waits
behind others is never discarded with them: it is handled once they are gone.

All services are asked, unless --service says which. Of list and log, those that do
not answer are named at the end, and the exit code is then 3.`

const dlqExamples = `  orpheus dlq list                                     # by cause, by order, and each
  orpheus dlq list --service payment --order 0b7d2c3e-…
  orpheus dlq show 5c7d2c3e-…                          # with its body
  orpheus dlq replay --all --dry-run                   # what would happen, in order
  orpheus dlq replay --cause 1f0c9a8b7d6e
  orpheus dlq discard --letter 5c7d2c3e-… --reason 'sent by a test'
  orpheus dlq log`

func (s *session) dlq() *cobra.Command {
	c := group("dlq", "What services could not handle: look, replay, discard",
		s.dlqList(), s.dlqShow(), s.dlqReplay(), s.dlqDiscard(), s.dlqLog())
	c.Long, c.Example = aboutDLQ, dlqExamples
	return c
}

// letters are the flags that pick dead letters.
type letters struct {
	operators
	letter, order, cause string
	all                  bool
}

// picks gives a command the flags that pick dead letters.
func (s *session) picks(c *cobra.Command, l *letters) *cobra.Command {
	f := c.Flags()
	f.StringVar(&l.letter, "letter", "", "one, by its id, with those that stand before it")
	f.StringVar(&l.order, "order", "", "all of an order")
	f.StringVar(&l.cause, "cause", "", "all of a cause, as dlq list names it, with what waits behind them")
	f.BoolVar(&l.all, "all", false, "all there are")
	c.MarkFlagsMutuallyExclusive("letter", "order", "cause", "all")
	return s.chosen(c, &l.operators)
}

// selection returns what the flags pick; nil if none is given.
func (l letters) selection() *opsv1.DeadLetterSelection {
	switch {
	case l.letter != "":
		return &opsv1.DeadLetterSelection{By: &opsv1.DeadLetterSelection_LetterId{LetterId: l.letter}}
	case l.order != "":
		return &opsv1.DeadLetterSelection{By: &opsv1.DeadLetterSelection_OrderId{OrderId: l.order}}
	case l.cause != "":
		return &opsv1.DeadLetterSelection{By: &opsv1.DeadLetterSelection_Cause{Cause: l.cause}}
	case l.all:
		return &opsv1.DeadLetterSelection{By: &opsv1.DeadLetterSelection_All{All: true}}
	}
	return nil
}

// each asks one service after the other. Of a single letter nobody knows with whom
// it is, so a service that has no such letter is passed over, unless none has it.
func (s *session) each(ctx context.Context, l letters, ask func(ctx context.Context, name string) error) error {
	names, err := l.names()
	if err != nil {
		return err
	}
	var unknown error
	found := false
	for _, name := range names {
		err := ask(ctx, name)
		if l.letter != "" && status.Code(err) == codes.NotFound {
			unknown = err
			continue
		}
		if err != nil {
			return err
		}
		found = true
	}
	if !found {
		return unknown
	}
	return nil
}

func (s *session) dlqList() *cobra.Command {
	var l letters
	var limit int32
	c := &cobra.Command{
		Use: "list", Short: "What was set aside: by cause, by order, and each", Args: cobra.NoArgs,
		RunE: s.runs(func(c *cobra.Command, _ []string) error {
			all, missing, err := askAll(c.Context(), s, l.operators, func(ctx context.Context, on opsv1.OpsServiceClient) (*opsv1.ListDeadLettersResponse, error) {
				return on.ListDeadLetters(ctx, &opsv1.ListDeadLettersRequest{Selection: l.selection(), PageSize: limit})
			})
			if err != nil {
				return err
			}
			all = slices.DeleteFunc(all, func(one said[*opsv1.ListDeadLettersResponse]) bool { return one.answer.GetTotal() == 0 })
			if err := showAll(s, all, func() error { return s.writeLetters(all, len(missing) == 0) }); err != nil {
				return err
			}
			return s.name(missing)
		}),
	}
	c.Flags().Int32Var(&limit, "limit", 0, "letters of each service at most (default 50, at most 200)")
	return s.picks(c, &l)
}

// writeLetters writes three tables: what is wrong, who is concerned, and each
// letter. That there are none can only be said if everybody has answered.
func (s *session) writeLetters(all []said[*opsv1.ListDeadLettersResponse], everybody bool) error {
	if len(all) == 0 && !everybody {
		return nil
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(s.Out, "No dead letters.")
		return err
	}
	err := s.table(func(w io.Writer) {
		row(w, "SERVICE", "CAUSE", "LETTERS", "ORDERS", "REASON", "TYPE", "ERROR")
		for _, one := range all {
			for _, g := range one.answer.GetCauses() {
				row(w, one.service, g.GetCause(), g.GetLetters(), g.GetOrders(),
					plain(g.GetReason(), reasonPrefix), short(g.GetType()), orDash(safe(g.GetExample())))
			}
		}
	})
	_, _ = fmt.Fprintln(s.Out) // the next table tells of any error
	err = errors.Join(err, s.table(func(w io.Writer) {
		row(w, "SERVICE", "ORDER", "LETTERS", "SINCE", "CAUSE")
		for _, one := range all {
			for _, o := range one.answer.GetOrders() {
				row(w, one.service, safe(o.GetOrderId()), o.GetLetters(), s.clock(o.GetFirstTime()), o.GetCause())
			}
		}
	}))
	_, _ = fmt.Fprintln(s.Out)
	return errors.Join(err, s.table(func(w io.Writer) {
		row(w, "SERVICE", "LETTER", "TYPE", "REASON", "TRIES", "ORDER")
		for _, one := range all {
			for _, l := range one.answer.GetLetters() {
				row(w, one.service, l.GetLetterId(), short(l.GetType()), plain(l.GetReason(), reasonPrefix), l.GetAttempts(), safe(l.GetOrderId()))
			}
			if one.answer.GetNextPageToken() != "" {
				row(w, one.service, fmt.Sprintf("and more: %d in all", one.answer.GetTotal()))
			}
		}
	}))
}

const reasonPrefix = "DEAD_LETTER_REASON_"

func (s *session) dlqShow() *cobra.Command {
	var l letters
	return s.chosen(&cobra.Command{
		Use: "show LETTER", Short: "One letter, with its error and its body", Args: cobra.ExactArgs(1),
		RunE: s.runs(func(c *cobra.Command, args []string) error {
			l.letter = args[0]
			return s.each(c.Context(), l, func(ctx context.Context, name string) error {
				ctx, cancel := s.patient(ctx)
				defer cancel()
				found, err := s.ops(name).GetDeadLetter(ctx, &opsv1.GetDeadLetterRequest{LetterId: l.letter})
				if err != nil {
					return err
				}
				return s.show(found.GetLetter(), func(w io.Writer) { s.writeLetter(w, name, found.GetLetter()) })
			})
		}),
	}, &l.operators)
}

func (s *session) writeLetter(w io.Writer, service string, l *opsv1.DeadLetter) {
	row(w, "letter", l.GetLetterId())
	row(w, "service", service)
	row(w, "order", safe(l.GetOrderId()))
	row(w, "type", orDash(safe(l.GetType())))
	row(w, "said by", orDash(safe(join(" ", l.GetSource(), l.GetSubject(), strconv.FormatInt(l.GetVersion(), 10)))))
	row(w, "said at", s.clock(l.GetEventTime()))
	row(w, "reason", plain(l.GetReason(), reasonPrefix))
	row(w, "error", orDash(safe(l.GetError())))
	row(w, "cause", l.GetCause())
	row(w, "tries", l.GetAttempts())
	row(w, "set aside", s.clock(l.GetParkedTime()))
	row(w, "caused by", orDash(safe(l.GetCausationId())))
	row(w, "trace", orDash(safe(l.GetTraceparent())))
	body := fmt.Sprintf("%d bytes that cannot be read", len(l.GetRawBody()))
	if l.GetBody() != nil {
		if text, err := compact(l.GetBody()); err == nil {
			body = string(text)
		}
	}
	row(w, "body", body)
}

func (s *session) dlqReplay() *cobra.Command {
	var l letters
	var yes bool
	r := &opsv1.ReplayDeadLettersRequest{}
	c := &cobra.Command{
		Use: "replay {--letter ID | --order ID | --cause CAUSE | --all}", Short: "Have letters handled again, in order",
		Long: `Have letters handled again, once what was wrong is mended: those of an order one
after the other, with what waits behind them. One that fails again stays, and its
order with it; the exit code is then 1. A replay that is cut short loses nothing.`,
		Example: `  orpheus dlq replay --order 0b7d2c3e-… --dry-run
  orpheus dlq replay --cause 1f0c9a8b7d6e --service payment
  orpheus dlq replay --all --yes --rate 20`,
		Args: cobra.NoArgs,
		RunE: s.runs(func(c *cobra.Command, _ []string) error {
			if l.all && !yes && !r.GetDryRun() && !s.confirmed(c, "Replay all dead letters?") {
				return errUnconfirmed
			}
			r.Selection, r.Operator = l.selection(), l.operator
			return s.replayLetters(c.Context(), l, r)
		}),
	}
	c.Flags().BoolVar(&r.DryRun, "dry-run", false, "only say what would happen, in order")
	c.Flags().Float64Var(&r.Rate, "rate", 0, "letters a second at most (default 100)")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	s.picks(c, &l)
	c.MarkFlagsOneRequired("letter", "order", "cause", "all")
	return s.signed(c, &l.operators)
}

// errStayed says that not all letters are gone.
var errStayed = errors.New("some letters stay")

// replayLetters shows what comes of each letter as it comes.
func (s *session) replayLetters(ctx context.Context, l letters, r *opsv1.ReplayDeadLettersRequest) error {
	told, stayed := 0, 0
	err := s.each(ctx, l, func(ctx context.Context, name string) error {
		stream, err := s.ops(name).ReplayDeadLetters(ctx, r)
		if err != nil {
			return err
		}
		for {
			one, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			told++
			if o := one.GetOutcome(); o == opsv1.ReplayDeadLettersResponse_OUTCOME_FAILED || o == opsv1.ReplayDeadLettersResponse_OUTCOME_WAITS {
				stayed++
			}
			if err := s.writeOutcome(name, r.GetDryRun(), one); err != nil {
				return err
			}
		}
	})
	switch {
	case err != nil:
		return err
	case stayed > 0 && !r.GetDryRun():
		return fmt.Errorf("%w: %d of %d", errStayed, stayed, told)
	case told == 0 && s.output != "json":
		_, err = fmt.Fprintln(s.Out, "No dead letters.")
	}
	return err
}

func (s *session) writeOutcome(service string, dry bool, r *opsv1.ReplayDeadLettersResponse) error {
	if s.output == "json" {
		return s.showLine(r)
	}
	outcome := plain(r.GetOutcome(), "OUTCOME_")
	if dry {
		outcome = "would be " + map[opsv1.ReplayDeadLettersResponse_Outcome]string{
			opsv1.ReplayDeadLettersResponse_OUTCOME_HANDLED: "handled",
			opsv1.ReplayDeadLettersResponse_OUTCOME_FAILED:  "failing",
			opsv1.ReplayDeadLettersResponse_OUTCOME_WAITS:   "waiting",
			opsv1.ReplayDeadLettersResponse_OUTCOME_GONE:    "gone",
		}[r.GetOutcome()]
	}
	line := fmt.Sprintf("%d/%d  %s  %s  %s of order %s: %s", r.GetDone(), r.GetTotal(), service, r.GetLetterId(),
		short(r.GetType()), safe(r.GetOrderId()), outcome)
	if r.GetError() != "" {
		line += ": " + safe(r.GetError())
	}
	_, err := fmt.Fprintln(s.Out, line)
	return err
}

func (s *session) dlqDiscard() *cobra.Command {
	var l letters
	var yes bool
	var reason string
	c := &cobra.Command{
		Use: "discard {--letter ID | --order ID | --cause CAUSE | --all} --reason WHY", Short: "Take letters away unhandled",
		Long: `Take letters away unhandled: their effect never happens, also if they are sent
again. What only waited behind them is handled.`,
		Args: cobra.NoArgs,
		RunE: s.runs(func(c *cobra.Command, _ []string) error {
			if l.all && !yes && !s.confirmed(c, "Discard all dead letters? They are never going to have an effect.") {
				return errUnconfirmed
			}
			var all []said[*opsv1.DiscardDeadLettersResponse]
			err := s.each(c.Context(), l, func(ctx context.Context, name string) error {
				ctx, cancel := s.patient(ctx)
				defer cancel()
				done, err := s.ops(name).DiscardDeadLetters(ctx, &opsv1.DiscardDeadLettersRequest{
					Selection: l.selection(), Reason: reason, Operator: l.operator,
				})
				if err != nil {
					return err
				}
				all = append(all, said[*opsv1.DiscardDeadLettersResponse]{name, done})
				return nil
			})
			if err != nil {
				return err
			}
			return showAll(s, all, func() error { return s.table(func(w io.Writer) { writeDiscarded(w, all) }) })
		}),
	}
	c.Flags().StringVar(&reason, "reason", "", "why they are of no use, for the record")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	s.picks(c, &l)
	c.MarkFlagsOneRequired("letter", "order", "cause", "all")
	s.mustComplete(c.MarkFlagRequired("reason"))
	return s.signed(c, &l.operators)
}

func writeDiscarded(w io.Writer, all []said[*opsv1.DiscardDeadLettersResponse]) {
	row(w, "SERVICE", "DISCARDED")
	for _, one := range all {
		if n := one.answer.GetDiscarded(); n > 0 {
			row(w, one.service, n)
		}
	}
}

// errUnconfirmed says that a person has thought better of it, or was not there.
var errUnconfirmed = errors.New("not confirmed; say yes, or --yes")

// confirmed asks the person who has typed the command.
func (s *session) confirmed(c *cobra.Command, question string) bool {
	_, _ = fmt.Fprintf(s.Err, "%s [y/N] ", question) // an answer that nobody was asked for is no
	answer, _ := bufio.NewReader(c.InOrStdin()).ReadString('\n')
	_, _ = fmt.Fprintln(s.Err)
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

func (s *session) dlqLog() *cobra.Command {
	var o operators
	var limit int32
	c := &cobra.Command{
		Use: "log", Short: "Who replayed or discarded what, the latest first", Args: cobra.NoArgs,
		RunE: s.runs(func(c *cobra.Command, _ []string) error {
			all, missing, err := askAll(c.Context(), s, o, func(ctx context.Context, on opsv1.OpsServiceClient) (*opsv1.ListInterventionsResponse, error) {
				return on.ListInterventions(ctx, &opsv1.ListInterventionsRequest{PageSize: limit})
			})
			if err != nil {
				return err
			}
			if err := showAll(s, all, func() error { return s.table(func(w io.Writer) { s.writeLog(w, all) }) }); err != nil {
				return err
			}
			return s.name(missing)
		}),
	}
	c.Flags().Int32Var(&limit, "limit", 0, "entries of each service at most (default 50, at most 200)")
	return s.chosen(c, &o)
}

func (s *session) writeLog(w io.Writer, all []said[*opsv1.ListInterventionsResponse]) {
	row(w, "TIME", "SERVICE", "WHO", "WHAT", "LETTER", "TYPE", "ORDER", "WHY")
	for _, one := range all {
		for _, i := range one.answer.GetInterventions() {
			row(w, s.clock(i.GetTime()), one.service, safe(i.GetOperator()), plain(i.GetKind(), "KIND_"), i.GetLetterId(),
				short(i.GetType()), safe(i.GetOrderId()), orDash(safe(i.GetReason())))
		}
	}
}
