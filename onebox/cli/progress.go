package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	moneypb "google.golang.org/genproto/googleapis/type/money"

	orderv1 "orpheus.example/gen/go/order/v1"
)

func (s *session) orderProgress() *cobra.Command {
	return &cobra.Command{
		Use: "progress ORDER", Short: "What is done, what is awaited and from whom, and what is held", Args: cobra.ExactArgs(1),
		RunE: s.runs(func(c *cobra.Command, args []string) error {
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			p, err := s.orders().GetOrderProgress(ctx, &orderv1.GetOrderProgressRequest{OrderId: args[0]})
			if err != nil {
				return err
			}
			if s.output == "json" {
				return s.showJSON(p)
			}
			if _, err := fmt.Fprintf(s.Out, "order %s is %s\n", p.GetOrderId(), orderState(p.GetState())); err != nil {
				return err
			}
			return s.table(func(w io.Writer) { s.writeProgress(w, p) })
		}),
	}
}

// writeProgress writes four columns: what kind of thing a line tells, who is
// concerned, what, and the rest.
func (s *session) writeProgress(w io.Writer, p *orderv1.GetOrderProgressResponse) {
	for _, d := range p.GetDone() {
		row(w, "done", d.GetBy(), short(d.GetFact()), "at "+s.clock(d.GetTime()))
	}
	for _, a := range p.GetAwaited() {
		until := "without a deadline"
		if a.GetDeadline() != nil {
			until = "until " + s.clock(a.GetDeadline())
		}
		row(w, "awaited", a.GetFromService(), short(a.GetFact()), "since "+s.clock(a.GetSince()))
		row(w, "", "", "", until)
	}
	writeMoney(w, p.GetMoney())
	var lines []string
	for _, l := range p.GetStock().GetLines() {
		lines = append(lines, fmt.Sprintf("%d x %s", l.GetQuantity(), l.GetSku()))
	}
	stock := "none"
	if p.GetStock().GetHeld() {
		stock = "reserved"
	}
	row(w, "held", "stock", stock, orDash(strings.Join(lines, ", ")))
	label := p.GetLabel()
	row(w, "held", "label", plain(label.GetState(), "LABEL_STATE_"), orDash(join(" ", label.GetCarrier(), label.GetTrackingNumber())))
}

// writeMoney writes what is held, and below it all that was moved.
func writeMoney(w io.Writer, m *orderv1.MoneyProgress) {
	kind, who, what := "held", "money", plain(m.GetHeldState(), "MONEY_STATE_")
	for _, one := range []struct {
		way string
		sum *moneypb.Money
	}{{"authorized", m.GetAuthorized()}, {"captured", m.GetCaptured()}, {"refunded", m.GetRefunded()}} {
		if one.sum.GetUnits() != 0 || one.sum.GetNanos() != 0 {
			row(w, kind, who, what, one.way+" "+amount(one.sum))
			kind, who, what = "", "", ""
		}
	}
	if kind != "" {
		row(w, kind, who, what, "-")
	}
}

// short returns a fact's name without its package.
func short(name string) string { return name[strings.LastIndex(name, ".")+1:] }

func (s *session) orderHistory() *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use: "history ORDER", Short: "An order's audit trail, the oldest event first",
		Long: `An order's audit trail: every event in its own stream, when it was written, who
caused it, and whether it is a fact for others (*) or a note of what another
service said. With -o json every event is there whole, with its causes and its
trace.`,
		Args: cobra.ExactArgs(1),
		RunE: s.runs(func(c *cobra.Command, args []string) error {
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			events, err := s.trail(ctx, args[0], limit)
			if err != nil {
				return err
			}
			return s.show(&orderv1.ListOrderEventsResponse{Events: events}, func(w io.Writer) { s.writeHistory(w, events) })
		}),
	}
	c.Flags().IntVar(&limit, "limit", 0, "show at most so many; 0 for all")
	return c
}

func (s *session) writeHistory(w io.Writer, events []*orderv1.OrderEvent) {
	row(w, "VERSION", "TIME", "ACTOR", "FACT", "DETAIL")
	for _, e := range events {
		f := factOf(e)
		star := ""
		if e.GetPublished() {
			star = "*"
		}
		row(w, e.GetVersion(), e.GetTime().AsTime().In(s.Zone).Format("15:04:05.000"), safe(orDash(e.GetActor())), f.by+"."+f.name+star, orDash(safe(f.detail)))
	}
}
