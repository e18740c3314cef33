package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	notifyv1 "orpheus.example/gen/go/notify/v1"
)

// mail is what can be asked of the notify service.
func (s *session) mail() *cobra.Command {
	return group("mail", "See which mails were sent and which are owed", s.mailList(), s.mailShow())
}

func (s *session) mailList() *cobra.Command {
	var limit int
	var order string
	c := &cobra.Command{
		Use: "list", Short: "List mails, the newest first", Args: cobra.NoArgs,
		RunE: s.runs(func(c *cobra.Command, _ []string) error {
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			all, err := pages(limit, func(token string, size int32) ([]*notifyv1.Message, string, error) {
				r, err := s.mails().ListMessages(ctx, &notifyv1.ListMessagesRequest{OrderId: order, PageSize: size, PageToken: token})
				return r.GetMessages(), r.GetNextPageToken(), err
			})
			if err != nil {
				return err
			}
			return s.show(&notifyv1.ListMessagesResponse{Messages: all}, func(w io.Writer) {
				row(w, "MAIL", "STATE", "ABOUT", "SUBJECT")
				for _, m := range all {
					row(w, m.GetMessageId(), plain(m.GetState(), "MESSAGE_STATE_"), short(m.GetFact()), orDash(safe(m.GetSubject())))
				}
			})
		}),
	}
	c.Flags().StringVar(&order, "order", "", "only those about this order")
	return limited(c, &limit)
}

func (s *session) mailShow() *cobra.Command {
	return &cobra.Command{
		Use: "show MAIL", Short: "Show one mail as it was written", Args: cobra.ExactArgs(1),
		RunE: s.runs(func(c *cobra.Command, args []string) error {
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			r, err := s.mails().GetMessage(ctx, &notifyv1.GetMessageRequest{MessageId: args[0]})
			if err != nil {
				return err
			}
			m := r.GetMessage()
			if s.output == "json" {
				return s.showJSON(m)
			}
			err = s.table(func(w io.Writer) {
				row(w, "mail", m.GetMessageId())
				row(w, "order", m.GetOrderId())
				row(w, "about", m.GetFact())
				row(w, "state", plain(m.GetState(), "MESSAGE_STATE_"))
				row(w, "sent", s.clock(m.GetSendTime()))
				row(w, "to", safe(m.GetTo()))
				row(w, "subject", safe(m.GetSubject()))
			})
			if err == nil {
				_, err = fmt.Fprintf(s.Out, "\n%s\n", safeText(m.GetText()))
			}
			return err
		}),
	}
}
