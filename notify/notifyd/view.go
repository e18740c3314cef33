package notifyd

import (
	"context"
	"database/sql"
	_ "embed" // for view.sql
	"errors"
	"fmt"
	"time"

	notifyv1 "orpheus.example/gen/go/notify/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/projection"
	"orpheus.example/kit/wire"
	"orpheus.example/notify"
)

//go:embed view.sql
var tables string

// view is the read model: the mails as they stand now.
var view = projection.View{Name: "notify", Version: 1, Tables: tables, Apply: apply}

// States of a message, as the view keeps them.
const (
	waiting = notifyv1.MessageState_MESSAGE_STATE_WAITING
	owed    = notifyv1.MessageState_MESSAGE_STATE_OWED
	sent    = notifyv1.MessageState_MESSAGE_STATE_SENT
	refused = notifyv1.MessageState_MESSAGE_STATE_REFUSED
)

// apply shows one event.
func apply(ctx context.Context, tx projection.Tx, r eventlog.Record) error {
	e, err := codec.Decode(r)
	if errors.Is(err, wire.ErrUnknownKind) {
		return nil // of a newer release, whose view shows it
	}
	if err != nil {
		return err
	}
	if err := show(ctx, tx, e, r); err != nil {
		return fmt.Errorf("show mails: %w", err)
	}
	return nil
}

func show(ctx context.Context, tx projection.Tx, e notify.Event, r eventlog.Record) error {
	const settle = `UPDATE VIEW_messages SET state = $2, sent_at = $3 WHERE message_id = $1`
	switch e := e.(type) {
	case notify.WasOwed:
		return add(ctx, tx, e.Mail, r)
	case notify.WaitEnded:
		return release(ctx, tx, e.Order, e.Number)
	case notify.WasSent:
		return tx.Exec(ctx, settle, e.ID, int32(sent), r.Time.UnixMicro())
	case notify.WasRefused:
		return tx.Exec(ctx, settle, e.ID, int32(refused), 0)
	}
	return nil
}

// add shows a mail. The customer is remembered as soon as a fact names them.
func add(ctx context.Context, tx projection.Tx, m notify.Mail, r eventlog.Record) error {
	const meet = `INSERT INTO VIEW_orders (order_id, email, name, through) VALUES ($1, $2, $3, 0)
		ON CONFLICT (order_id) DO UPDATE SET email = excluded.email, name = excluded.name WHERE VIEW_orders.email = ''`
	if err := tx.Exec(ctx, meet, m.Order, m.Email, m.Name); err != nil {
		return err
	}
	const insert = `INSERT INTO VIEW_messages (message_id, order_id, position, sequence, state, body, heard_at, sent_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0)`
	err := tx.Exec(ctx, insert, m.ID, m.Order, r.Position, m.Number, int32(waiting), r.Body, r.Time.UnixMicro())
	if err != nil {
		return err
	}
	return release(ctx, tx, m.Order, 0)
}

// release shows as owed what waits for no other fact any more, now that none up
// to waited is waited for.
func release(ctx context.Context, tx projection.Tx, order string, waited int64) error {
	var through int64
	if err := tx.Row(ctx, `SELECT through FROM VIEW_orders WHERE order_id = $1`, order).Scan(&through); err != nil {
		return err
	}
	through = max(through, waited)
	for there := 1; there > 0; through++ { // an order has a handful of facts
		const next = `SELECT count(*) FROM VIEW_messages WHERE order_id = $1 AND sequence = $2`
		if err := tx.Row(ctx, next, order, through+1).Scan(&there); err != nil {
			return err
		}
	}
	through-- // the one that is not there
	if err := tx.Exec(ctx, `UPDATE VIEW_orders SET through = $2 WHERE order_id = $1`, order, through); err != nil {
		return err
	}
	const update = `UPDATE VIEW_messages SET state = $3 WHERE order_id = $1 AND state = $4 AND sequence <= $2`
	return tx.Exec(ctx, update, order, through, int32(owed), int32(waiting))
}

// A row is one mail as the view shows it.
type row struct {
	mail            notify.Mail
	position        int64
	state           notifyv1.MessageState
	heardAt, sentAt time.Time // sentAt is 1970 until then
}

// list returns up to limit mails that are older than a position, newest first:
// those of one order, or of all.
func list(ctx context.Context, db *sql.DB, order string, before int64, limit int) ([]row, error) {
	return query(ctx, db, `WHERE ($1 = '' OR m.order_id = $1) AND m.position < $2 ORDER BY m.position DESC LIMIT $3`, order, before, limit)
}

// find returns a mail, and false if the view does not show it.
func find(ctx context.Context, db *sql.DB, id string) (row, bool, error) {
	found, err := query(ctx, db, `WHERE m.message_id = $1`, id)
	if err != nil || len(found) == 0 {
		return row{}, false, err
	}
	return found[0], true, nil
}

func query(ctx context.Context, db *sql.DB, where string, args ...any) ([]row, error) {
	const columns = `SELECT m.body, m.position, m.state, m.heard_at, m.sent_at, o.email, o.name
		FROM VIEW_messages m JOIN VIEW_orders o ON o.order_id = m.order_id `
	rows, err := db.QueryContext(ctx, view.SQL(columns+where), args...)
	if err != nil {
		return nil, fmt.Errorf("list mails: %w", err)
	}
	defer rows.Close()
	var found []row
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("list mails: %w", err)
		}
		found = append(found, r)
	}
	return found, rows.Err()
}

// scan reads one mail. A refund has its address from the order's facts.
func scan(rows *sql.Rows) (row, error) {
	var r row
	var body []byte
	var heard, sent int64
	var email, name string
	if err := rows.Scan(&body, &r.position, &r.state, &heard, &sent, &email, &name); err != nil {
		return row{}, err
	}
	r.heardAt, r.sentAt = time.UnixMicro(heard), time.UnixMicro(sent)
	e, err := codec.Decode(eventlog.Record{Type: wire.Kind(&notifyv1.MailOwed{}), Schema: wire.Schema, Body: body})
	if err != nil {
		return row{}, err
	}
	r.mail = e.(notify.WasOwed).Mail //nolint:forcetypeassert // a MailOwed is nothing else
	r.mail.Email, r.mail.Name = email, name
	return r, nil
}
