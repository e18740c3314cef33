package peer

import (
	"context"
	"errors"
	"fmt"

	"github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/components/forwarder"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"
)

// A permanent error will be the same however often the message is tried.
type permanent struct{ error }

// Unwrap returns what is the matter.
func (p permanent) Unwrap() error { return p.error }

func isPermanent(err error) bool {
	_, ok := errors.AsType[permanent](err)
	return ok
}

// A work is one transaction: what is done about one message or one call.
type work struct {
	pgx.Tx
	service *service
	id      string // of the message or the request
	after   []func()
}

// hear subscribes s to the facts of one kind, with as many copies as set: a copy
// of a handler works on one message at a time, and acknowledges it after the
// commit. Each fact is worked on once, however often it is delivered.
func hear[M proto.Message](s *service, do func(context.Context, *work, M) error) {
	var kind M // a nil message knows its type
	topic := s.topic(name(kind))
	for i := range s.Copies {
		s.router.AddConsumerHandler(fmt.Sprintf("%s hears %s, copy %d", s.name, name(kind), i), topic, s.subscriber,
			func(msg *message.Message) error {
				fact, _ := kind.ProtoReflect().New().Interface().(M) // which it is
				if err := proto.Unmarshal(msg.Payload, fact); err != nil {
					return permanent{fmt.Errorf("decode %s: %w", name(kind), err)}
				}
				return s.once(msg.Context(), s.name, msg.UUID, func(ctx context.Context, w *work) error {
					return do(ctx, w, fact)
				})
			})
	}
}

// once runs do in a transaction, unless it has run for this id before. Of two
// that come at the same time the second waits for the first, at the index of the
// inbox, and then finds that there is nothing to do.
func (s *service) once(ctx context.Context, consumer, id string, do func(context.Context, *work) error) error {
	w := &work{service: s, id: id}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		w.Tx = tx
		mark, err := tx.Exec(ctx, `INSERT INTO inbox (consumer, message_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, consumer, id)
		if err != nil || mark.RowsAffected() == 0 {
			return err // nil: heard before, and done
		}
		return do(ctx, w)
	})
	if err != nil {
		return err
	}
	for _, f := range w.after {
		f()
	}
	return nil
}

// say puts facts into the outbox: they are said if the transaction commits. The
// publisher is made for this transaction, as the documentation has it; each fact
// is a statement of its own, since each has a topic of its own.
func (w *work) say(ctx context.Context, facts ...proto.Message) error {
	rows, err := sql.NewPublisher(sql.TxFromPgx(w.Tx), sql.PublisherConfig{SchemaAdapter: w.service.schema()}, w.service.log)
	if err != nil {
		return err
	}
	publisher := forwarder.NewPublisher(rows, forwarder.PublisherConfig{ForwarderTopic: outbox})
	for _, fact := range facts {
		body, err := proto.Marshal(fact)
		if err != nil {
			return fmt.Errorf("encode %s: %w", name(fact), err)
		}
		msg := message.NewMessageWithContext(ctx, uuid.Must(uuid.NewV7()).String(), body)
		if err := publisher.Publish(w.service.topic(name(fact)), msg); err != nil {
			return err
		}
	}
	return nil
}

// afterCommit has f called once what was done is there for all to see.
func (w *work) afterCommit(f func()) { w.after = append(w.after, f) }

// name returns the full name of a message's kind, such as order.v1.OrderPlaced.
func name(m proto.Message) string { return string(m.ProtoReflect().Descriptor().FullName()) }
