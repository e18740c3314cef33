package notifyd

import (
	"context"
	"database/sql"
	_ "embed" // for view.sql
	"slices"
	"time"

	notifyv1 "orpheus.example/gen/go/notify/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/projection"
	"orpheus.example/notify"
)

//go:embed view.sql
var schema string

// view is the read model: the mails as they stand now.
var view = projection.View[notify.Event]{
	Name: "notify", Version: 2, Schema: schema, Decode: codec.Decode, Rows: []projection.Rows[notify.Event]{mails, addressees},
}

var (
	mails = projection.Table[notify.Event, row]{
		Name: "messages", Of: mailOf, Add: show, Columns: mailColumns,
	}
	addressees = projection.Table[notify.Event, addressee]{
		Name: "orders", Of: orderOf, Add: (*addressee).add, Columns: addresseeColumns,
	}
)

// States of a message. The view keeps those that wait for an earlier fact and
// those that are owed as waiting; which of the two it is follows from how far
// the facts of the order are heard.
const (
	waiting = notifyv1.MessageState_MESSAGE_STATE_WAITING
	owed    = notifyv1.MessageState_MESSAGE_STATE_OWED
	sent    = notifyv1.MessageState_MESSAGE_STATE_SENT
	refused = notifyv1.MessageState_MESSAGE_STATE_REFUSED
)

// A row is one mail as the view shows it.
type row struct {
	mail            notify.Mail
	position        int64
	state           notifyv1.MessageState
	heardAt, sentAt time.Time // sentAt is zero until then
}

// mailOf returns which mail an event shows something of.
func mailOf(e notify.Event, _ eventlog.Record) string {
	switch e := e.(type) {
	case notify.WasOwed:
		return e.Mail.ID
	case notify.WasSent:
		return e.ID
	case notify.WasRefused:
		return e.ID
	default:
		return "" // the end of a wait is shown of the order
	}
}

func show(r *row, e notify.Event, of eventlog.Record) {
	switch e := e.(type) {
	case notify.WasOwed:
		r.mail, r.state, r.position, r.heardAt = e.Mail, waiting, of.Position, of.Time
	case notify.WasSent:
		r.state, r.sentAt = sent, of.Time
	case notify.WasRefused:
		r.state = refused
	default: // of no mail
	}
}

func mailColumns(r *row) []projection.Column {
	return []projection.Column{
		projection.Text("message_id", &r.mail.ID), projection.Text("order_id", &r.mail.Order),
		projection.Number("position", &r.position), projection.Number("state", &r.state), projection.JSON("mail", &r.mail),
		projection.Time("heard_at", &r.heardAt), projection.Time("sent_at", &r.sentAt),
	}
}

// An addressee is whom the mails of an order go to, and how far its facts are
// heard.
type addressee struct {
	order       string
	Email, Name string  // empty until a fact of the order is heard
	Through     int64   // the fact up to which all are heard or no longer waited for
	Ahead       []int64 // facts behind that one, which are heard already
}

// orderOf returns which order an event shows something of.
func orderOf(e notify.Event, _ eventlog.Record) string {
	switch e := e.(type) {
	case notify.WasOwed:
		return e.Mail.Order
	case notify.WaitEnded:
		return e.Order
	default:
		return "" // what becomes of a mail is shown of the mail
	}
}

// add remembers the customer as soon as a fact names them, and how far the facts
// are heard: an order has a handful.
func (a *addressee) add(e notify.Event, _ eventlog.Record) {
	switch e := e.(type) {
	case notify.WasOwed:
		if a.Email == "" {
			a.Email, a.Name = e.Mail.Email, e.Mail.Name
		}
		a.Ahead = append(a.Ahead, e.Mail.Number)
	case notify.WaitEnded:
		a.Through = max(a.Through, e.Number)
	default: // of no order
	}
	for slices.Contains(a.Ahead, a.Through+1) {
		a.Through++
	}
	a.Ahead = slices.DeleteFunc(a.Ahead, func(n int64) bool { return n <= a.Through })
}

func addresseeColumns(a *addressee) []projection.Column {
	return []projection.Column{projection.Text("order_id", &a.order), projection.JSON("addressee", a)}
}

// list returns up to limit mails that are older than a position, newest first:
// those of one order, or of all.
func list(ctx context.Context, db *sql.DB, order string, before int64, limit int) ([]row, error) {
	return pick(ctx, db, `WHERE ($1 = '' OR order_id = $1) AND position < $2 ORDER BY position DESC LIMIT $3`, order, before, limit)
}

// find returns a mail, and false if the view does not show it.
func find(ctx context.Context, db *sql.DB, id string) (row, bool, error) {
	found, err := pick(ctx, db, `WHERE message_id = $1`, id)
	if err != nil || len(found) == 0 {
		return row{}, false, err
	}
	return found[0], true, nil
}

// pick returns mails with what the facts of their orders say of them: a refund
// has its address from there, and a mail is owed once all before it are heard.
func pick(ctx context.Context, db *sql.DB, where string, args ...any) ([]row, error) {
	found, err := mails.Select(ctx, db, view, where, args...)
	if err != nil {
		return nil, err
	}
	orders := make([]string, len(found))
	for i, r := range found {
		orders[i] = r.mail.Order
	}
	whom, err := addressees.Find(ctx, db, view, orders...)
	if err != nil {
		return nil, err
	}
	for i := range found {
		r := &found[i]
		a := whom[r.mail.Order]
		r.mail.Email, r.mail.Name = a.Email, a.Name
		if r.state == waiting && r.mail.Number <= a.Through {
			r.state = owed
		}
	}
	return found, nil
}
