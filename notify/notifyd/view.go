package notifyd

import (
	"context"
	"database/sql"
	_ "embed" // for view.sql
	"strings"

	notifyv1 "orpheus.example/gen/go/notify/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/projection"
	"orpheus.example/kit/rpc"
	"orpheus.example/kit/wire"
	"orpheus.example/notify"
)

//go:embed view.sql
var schema string

// shown reads those events that show something: that a mail is owed. Others are
// passed over unread.
var shown = wire.Codec[notify.Event]{Kinds: wire.KindsOf(&notifyv1.MailOwed{}), From: fromWire}

// view is where to look for mails: it says in which order's log each is.
var view = projection.View[notify.Event]{
	Name: "notify", Version: 3, Schema: schema, Decode: shown.Decode, Rows: []projection.Rows[notify.Event]{mails},
}

var mails = projection.Table[notify.Event, row]{
	Name: "messages", Of: mailOf, Add: show, Columns: columns,
	Begins: func(notify.Event, eventlog.Record) bool { return true }, // a mail is owed once
}

// A row is one mail.
type row struct {
	id, order string
	position  int64
}

// key returns where it stands in lists.
func (r row) key() []string { return rpc.Key(r.position) }

// mailOf returns which mail an event brings.
func mailOf(e notify.Event, _ eventlog.Record) string {
	if owed, ok := e.(notify.WasOwed); ok {
		return owed.Mail.ID
	}
	return ""
}

func show(r *row, _ notify.Event, of eventlog.Record) {
	r.order, r.position = strings.TrimPrefix(of.Stream, notify.Stream("")), of.Position
}

func columns(r *row) []projection.Column {
	return []projection.Column{
		projection.Text("message_id", &r.id), projection.Text("order_id", &r.order), projection.Number("position", &r.position),
	}
}

// list returns up to limit mails that are older than a position, newest first.
func list(ctx context.Context, db *sql.DB, before int64, limit int) ([]row, error) {
	return mails.Select(ctx, db, view, `WHERE position < $1 ORDER BY position DESC LIMIT $2`, before, limit)
}

// find returns a mail, and false if the view does not show it.
func find(ctx context.Context, db *sql.DB, id string) (row, bool, error) {
	found, err := mails.Select(ctx, db, view, `WHERE message_id = $1`, id)
	if err != nil || len(found) == 0 {
		return row{}, false, err
	}
	return found[0], true, nil
}
