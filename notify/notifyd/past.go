package notifyd

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	notifyv1 "orpheus.example/gen/go/notify/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/notify"
)

// longest is how many events are read of the mails of one order: many times what
// any order can have.
const longest = 10_000

// A past is the mails of one order, and what has become of them.
type past struct {
	state notify.State
	mails []letterhead // in the order in which their facts were heard
}

// A letterhead is what is noted of one mail.
type letterhead struct {
	mail            notify.Mail
	position        int64 // in the log; the higher is the newer
	state           notifyv1.MessageState
	heardAt, sentAt time.Time // sentAt is zero until then
}

// A reading reads the logs of orders for one answer, each once.
type reading struct {
	store eventlog.Store
	pasts map[string]*past
}

func (m *methods) read() reading { return reading{m.store, map[string]*past{}} }

// past returns the past of an order's mails. It is empty for an order of which
// nothing was heard.
func (d reading) past(ctx context.Context, order string) (*past, error) {
	if p := d.pasts[order]; p != nil {
		return p, nil
	}
	records, err := d.store.ReadStream(ctx, notify.Stream(order), 0, longest)
	if err != nil {
		return nil, err
	}
	p := &past{}
	for _, r := range records {
		e, err := codec.Decode(r)
		if err != nil {
			return nil, fmt.Errorf("mails of %s: %w", order, err)
		}
		p.add(e, r)
	}
	d.pasts[order] = p
	return p, nil
}

// rows returns up to limit mails that are older than a position, newest first:
// those of one order, or of all.
func (d reading) rows(ctx context.Context, order string, before int64, limit int) ([]row, error) {
	if order == "" {
		return list(ctx, d.store.DB(), before, limit)
	}
	p, err := d.past(ctx, order)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, h := range slices.Backward(p.mails) {
		if h.position < before && len(rows) < limit {
			rows = append(rows, row{h.mail.ID, order, h.position})
		}
	}
	return rows, nil
}

// messages returns mails as callers see them.
func (d reading) messages(ctx context.Context, rows []row) ([]*notifyv1.Message, error) {
	var messages []*notifyv1.Message
	for _, r := range rows {
		p, err := d.past(ctx, r.order)
		if err != nil {
			return nil, err
		}
		message, err := p.message(r.id)
		if err != nil {
			return nil, err
		}
		messages = append(messages, message)
	}
	return messages, nil
}

func (p *past) add(e notify.Event, r eventlog.Record) {
	p.state = notify.Evolve(p.state, e)
	switch e := e.(type) {
	case notify.WasOwed:
		p.mails = append(p.mails, letterhead{mail: e.Mail, position: r.Position, heardAt: r.Time})
	case notify.WasSent:
		p.settle(e.ID, notifyv1.MessageState_MESSAGE_STATE_SENT, r.Time)
	case notify.WasRefused:
		p.settle(e.ID, notifyv1.MessageState_MESSAGE_STATE_REFUSED, time.Time{})
	case notify.WaitEnded: // the state knows
	}
}

func (p *past) settle(id string, as notifyv1.MessageState, at time.Time) {
	if h := p.find(id); h != nil {
		h.state, h.sentAt = as, at
	}
}

func (p *past) find(id string) *letterhead {
	for i := range p.mails {
		if p.mails[i].mail.ID == id {
			return &p.mails[i]
		}
	}
	return nil
}

// message returns a mail as callers see it, with the words in which it goes.
func (p *past) message(id string) (*notifyv1.Message, error) {
	h := p.find(id)
	if h == nil {
		return nil, errUnknown // the view knows it from a log that is not this one
	}
	mail := p.state.Whole(h.mail)
	l, err := compose(mail)
	if err != nil {
		return nil, err
	}
	message := &notifyv1.Message{
		MessageId: mail.ID, OrderId: mail.Order, Fact: facts[mail.News], Sequence: mail.Number,
		State: h.state, To: mail.Email, Subject: l.Subject, Text: l.Text, CreateTime: timestamppb.New(h.heardAt),
	}
	switch {
	case h.state == notifyv1.MessageState_MESSAGE_STATE_SENT:
		message.SendTime = timestamppb.New(h.sentAt)
	case h.state != notifyv1.MessageState_MESSAGE_STATE_UNSPECIFIED:
	case p.state.Waits(mail):
		message.State = notifyv1.MessageState_MESSAGE_STATE_WAITING
	default:
		message.State = notifyv1.MessageState_MESSAGE_STATE_OWED
	}
	return message, nil
}
