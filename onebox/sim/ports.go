package sim

import (
	"context"
	"strings"
	"time"

	"orpheus.example/notify/notifyd"
	"orpheus.example/payment"
	"orpheus.example/payment/paymentd"
	"orpheus.example/sandbox/carrier"
	"orpheus.example/sandbox/mailbox"
	"orpheus.example/sandbox/provider"
	"orpheus.example/shipping"
	"orpheus.example/shipping/shippingd"
)

// An outside is the world around the shop, with books of its own. It works like
// package sandbox, whose words its books are in, but without HTTP and SMTP. Who
// is down answers nobody until the weather changes.
type outside struct {
	down map[string]bool // by target; for all who call it

	payments map[string]*account // by authorization
	answers  map[string]answer   // of the provider, by key
	money    []provider.Entry

	labels  map[string]*parcel // by label
	entries map[string][]carrier.Entry

	mails []mailbox.Message
}

// An account is the provider's of one authorization. Money moves only between the
// provider's accounts, each time in an entry whose sides add up to nothing.
type account struct {
	order, token, currency     string
	amount, captured, refunded int64
	voided, taken              bool
}

// An answer is kept under its key and given again.
type answer struct {
	said string
	no   *paymentd.Refusal
}

// A parcel is one label's. A refusal is kept like a label, under the same key.
type parcel struct {
	label     shippingd.Label
	carrier   string
	order     string
	refused   bool
	handed    bool
	cancelled bool
	loses     bool // it is lost for a while
	asked     int  // how often somebody asked where it is
}

func newOutside() *outside {
	o := &outside{}
	o.reset()
	return o
}

func (o *outside) reset() {
	*o = outside{
		down: map[string]bool{}, payments: map[string]*account{}, answers: map[string]answer{}, money: o.money[:0],
		labels: map[string]*parcel{}, entries: map[string][]carrier.Entry{}, mails: o.mails[:0],
	}
}

// call makes a call to a target, which may be down, or fail on either side of its
// work. A refusal is an answer: it gets lost like any other. Above this stands
// the service's own breaker, which opens when enough calls have failed.
func (l *life) call(target, what, order string, work func() error) error {
	l.disturbed = true
	l.w.note(line{kind: calls, from: l.service.name, to: target, what: what, order: order})
	l.checkLeftAlone(target)
	err := l.reach(target, work)
	about := "" // who can be turned away from is judged by all its failures
	if target == "provider" {
		about = order
	}
	l.regard(target).heard(about, err, l.w.now)
	return err
}

// reach has a target do its work, or not, and answer, or not.
func (l *life) reach(target string, work func() error) error {
	if l.w.outside.down[target] {
		l.w.happened(PortDown)
		return errAway
	}
	var refusal error
	err := l.around(sitePort, func() error {
		refusal = work()
		return nil
	})
	if err != nil {
		return err
	}
	return refusal
}

// A bank is the payment provider, as one process sees it.
type bank struct{ l *life }

var _ paymentd.Provider = bank{}

// once does the work of a key once, and gives a repeat the first answer. That is
// what is asked of any provider; if keys change between tries, money moves twice.
func (b bank) once(key, what, order string, work func(o *outside) answer) (string, error) {
	var got answer
	err := b.l.call("provider", what, order, func() error {
		o := b.l.w.outside
		a, done := o.answers[key]
		if !done {
			a = work(o)
			o.answers[key] = a
		}
		got = a
		return nil
	})
	switch {
	case err != nil:
		return "", err
	case got.no != nil:
		return "", *got.no
	}
	return got.said, nil
}

func no(code string) answer { return answer{no: &paymentd.Refusal{Code: code, Message: "no"}} }

// Authorize holds money.
func (b bank) Authorize(_ context.Context, c payment.CallAuthorize) (string, error) {
	return b.once(c.Key, "authorize", c.Order, func(o *outside) answer {
		if c.Token == tokenDeclined {
			return no("card_declined")
		}
		id := "auth_" + c.Key
		a := &account{order: c.Order, token: c.Token, amount: c.Amount.Amount, currency: c.Amount.Currency}
		o.payments[id] = a
		o.enter(provider.Authorize, c.Key, id, a, a.amount, provider.Customer, provider.Held)
		return answer{said: id}
	})
}

// Capture takes what is held.
func (b bank) Capture(_ context.Context, c payment.CallCapture) (string, error) {
	return b.once(c.Key, "capture", b.order(c.Authorization), func(o *outside) answer {
		a := o.payments[c.Authorization]
		switch {
		case a.voided:
			return no("already_voided")
		case a.token == tokenNotCaptured:
			return no("capture_failed")
		}
		a.captured, a.taken = c.Amount.Amount, true
		o.enter(provider.Capture, c.Key, c.Authorization, a, a.captured, provider.Held, provider.Merchant)
		return answer{said: "cap_" + c.Key}
	})
}

// Void lets go of what is held. Money that was taken is not held any more: who
// voids it after that has lost track, and is refused.
func (b bank) Void(_ context.Context, c payment.CallVoid) (string, error) {
	return b.once(c.Key, "void", b.order(c.Authorization), func(o *outside) answer {
		a := o.payments[c.Authorization]
		if a.taken {
			return no("already_captured")
		}
		a.voided = true
		o.enter(provider.Void, c.Key, c.Authorization, a, a.amount, provider.Held, provider.Customer)
		return answer{said: "void_" + c.Key}
	})
}

// Refund gives back what was taken.
func (b bank) Refund(_ context.Context, c payment.CallRefund) (string, error) {
	return b.once(c.Key, "refund", b.order(c.Authorization), func(o *outside) answer {
		a := o.payments[c.Authorization]
		if c.Amount.Amount > a.captured-a.refunded {
			return no("amount_exceeds_captured")
		}
		a.refunded += c.Amount.Amount
		o.enter(provider.Refund, c.Key, c.Authorization, a, c.Amount.Amount, provider.Merchant, provider.Customer)
		return answer{said: "ref_" + c.Key}
	})
}

func (b bank) order(authorization string) string {
	if a := b.l.w.outside.payments[authorization]; a != nil {
		return a.order
	}
	return ""
}

func (o *outside) enter(kind provider.Kind, key, id string, a *account, amount int64, from, to string) {
	o.money = append(o.money, provider.Entry{
		Number: len(o.money) + 1, Kind: kind, Key: key, Authorization: id, Reference: a.order,
		Amount: amount, Currency: a.currency, Postings: []provider.Posting{{Account: from, Amount: -amount}, {Account: to, Amount: amount}},
	})
}

// A haulier is a carrier, as one process sees it.
type haulier struct {
	l    *life
	name string
}

var _ shippingd.Carrier = haulier{}

// Book makes a label, once per key.
func (h haulier) Book(_ context.Context, c shipping.CallBook) (label shippingd.Label, err error) {
	id := "label-" + c.Key
	err = h.l.call(h.name, "book", c.Order, func() error {
		o := h.l.w.outside
		p := o.labels[id]
		if p == nil {
			p = &parcel{carrier: h.name, order: c.Order, label: shippingd.Label{ID: id, Tracking: "track-" + c.Key}}
			p.refused = c.ShipTo.Street == streetNowhere || c.ShipTo.Street == streetFar && h.name == carriers[0]
			p.loses = c.ShipTo.Street == streetFoggy
			o.labels[id] = p
			if !p.refused {
				o.file(carrier.Book, c.Key, p)
			}
		}
		label = p.label
		if p.refused {
			return shippingd.Refusal{Code: "unknown_address", Message: "no"}
		}
		return nil
	})
	return label, err
}

func (o *outside) file(kind carrier.Kind, key string, p *parcel) {
	o.entries[p.carrier] = append(o.entries[p.carrier], carrier.Entry{
		Number: len(o.entries[p.carrier]) + 1, Kind: kind, Key: key, Reference: p.order, LabelID: p.label.ID, TrackingNumber: p.label.Tracking,
	})
}

// HandOver takes the parcel over. It names a state and needs no key.
func (h haulier) HandOver(_ context.Context, c shipping.CallHandOver) error {
	p := h.l.w.outside.labels[c.Label]
	return h.l.call(h.name, "hand over", p.order, func() error {
		if !p.handed {
			p.handed = true
			h.l.w.outside.file(carrier.Handover, "", p)
		}
		return nil
	})
}

// Track says where the parcel is: further along with each question, because
// carriers go by wall clocks, and here time only passes when nobody is busy.
func (h haulier) Track(_ context.Context, c shipping.CallTrack) (status shipping.Status, note string, err error) {
	p := h.l.w.outside.labels[c.Label]
	err = h.l.call(h.name, "track", p.order, func() error {
		p.asked++
		switch {
		case p.asked == 1:
			status = shipping.InTransit
		case p.loses && p.asked == 2:
			status, note = shipping.Missing, "in the fog"
		case p.asked > 2:
			status = shipping.Arrived
		}
		return nil
	})
	return status, note, err
}

// Cancel cancels a label. A repeat changes nothing.
func (h haulier) Cancel(_ context.Context, c shipping.CallCancel) error {
	p := h.l.w.outside.labels[c.Label]
	return h.l.call(h.name, "cancel", p.order, func() error {
		if !p.cancelled {
			p.cancelled = true
			h.l.w.outside.file(carrier.Cancel, "", p)
		}
		return nil
	})
}

// A post is the mail server, as one process sees it.
type post struct{ l *life }

var _ notifyd.Mailer = post{}

// Send takes a mail. One that comes again is counted as a copy: a mail server
// keeps no keys, so that a copy may come after a lost answer, and only then.
func (p post) Send(_ context.Context, m notifyd.Message) error {
	return p.l.call("smtp", m.Subject, m.Order, func() error {
		if strings.HasPrefix(m.To, "reject") {
			return notifyd.Refused{Code: 550, Message: "no such person"}
		}
		o := p.l.w.outside
		for i := range o.mails {
			if known := &o.mails[i]; known.MessageID == m.ID {
				known.Copies++
				if known.Raw != m.Text+m.HTML {
					known.Differing++
				}
				p.l.w.happened(MailTwice)
				return nil
			}
		}
		o.mails = append(o.mails, mailbox.Message{
			ID: len(o.mails) + 1, MessageID: m.ID, To: []string{m.To}, Subject: m.Subject, Order: m.Order, Copies: 1,
			Received: []time.Time{p.l.w.now}, Raw: m.Text + m.HTML,
		})
		return nil
	})
}
