package verify

import (
	"slices"
	"strings"

	notifyv1 "orpheus.example/gen/go/notify/v1"
	"orpheus.example/sandbox/mailbox"
)

// refundMail is the fact of a mail that no fact of the order has caused.
const refundMail = "payment.v1.PaymentRefunded"

// checkMails compares the facts that an order said with the mails about it. A
// mail has the id of the event that it tells.
func checkMails(_ Config, b *books, found *Check) {
	for _, o := range b.orders {
		seen := map[string]*notifyv1.Message{}
		refunds := 0
		for _, m := range o.mails {
			found.held()
			if seen[m.GetMessageId()] != nil {
				found.wrong(o.id, "has two mails %s", m.GetMessageId())
			}
			seen[m.GetMessageId()] = m
			if m.GetFact() == refundMail {
				refunds++
			}
			if to := o.order.GetDetails().GetEmail(); settled(m) && m.GetTo() != to {
				found.wrong(o.id, "has a mail to %s; its customer is %s", m.GetTo(), to)
			}
		}
		if o.rest {
			checkTold(o, seen, refunds, found)
		}
	}
}

// checkTold is for the mails about an order that is at rest: one for every fact,
// one for every refund, and no others.
func checkTold(o *dossier, seen map[string]*notifyv1.Message, refunds int, found *Check) {
	told := 0
	for _, e := range o.said() {
		m := seen[e.GetEventId()]
		switch {
		case m == nil:
			found.missing(o.id, "has no mail about %s", nameOf(e))
			continue
		case !settled(m):
			found.missing(o.id, "still owes the mail about %s", nameOf(e))
		case m.GetSequence() != numberOf(e):
			found.wrong(o.id, "fact %d is told as %d", numberOf(e), m.GetSequence())
		}
		told++
	}
	if want := len(o.refunds()); refunds != want {
		found.wrong(o.id, "has %d mails about %d refunds", refunds, want)
	}
	if extra := len(seen) - told - refunds; extra > 0 {
		found.wrong(o.id, "has %d mails about nothing that was said", extra)
	}
}

// checkMailbox compares what notify sent with what the mail server has.
func checkMailbox(c Config, b *books, found *Check) {
	for _, o := range b.orders {
		arrived := b.world.mails[o.id]
		for _, m := range o.mails {
			if m.GetState() == notifyv1.MessageState_MESSAGE_STATE_SENT {
				found.held()
				checkArrived(c, o, m, arrived, found)
			}
		}
		for _, a := range arrived {
			id := ours(a)
			if o.rest && !slices.ContainsFunc(o.mails, func(m *notifyv1.Message) bool { return m.GetMessageId() == id }) {
				found.wrong(o.id, "the mail server has %s (%q), which notify did not send", a.MessageID, a.Subject)
			}
		}
	}
}

func checkArrived(c Config, o *dossier, m *notifyv1.Message, arrived []mailbox.Message, found *Check) {
	i := slices.IndexFunc(arrived, func(a mailbox.Message) bool { return ours(a) == m.GetMessageId() })
	if i < 0 {
		found.missing(o.id, "the mail server does not have %s, which was sent", m.GetMessageId())
		return
	}
	if a := arrived[i]; a.Copies > c.Copies {
		found.wrong(o.id, "mail %q came %d times", a.Subject, a.Copies)
	} else if a.Differing > 0 {
		found.wrong(o.id, "mail %q came in %d versions", a.Subject, a.Differing+1)
	}
	if a := arrived[i]; len(a.To) != 1 || a.To[0] != m.GetTo() {
		found.wrong(o.id, "mail %q went to %s", a.Subject, strings.Join(a.To, ", "))
	}
}

// ours returns the id by which notify knows a mail: Message-ID up to the at sign.
func ours(a mailbox.Message) string {
	id, _, _ := strings.Cut(a.MessageID, "@")
	return id
}
