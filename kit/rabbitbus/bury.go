package rabbitbus

import (
	"context"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/loop"
)

// Headers that the broker gives to what it sets aside itself, so that tools for
// dead letters find the same on ours (RabbitMQ, dead lettering, effects).
const (
	deathQueue    = "x-first-death-queue"
	deathReason   = "x-first-death-reason"
	deathExchange = "x-first-death-exchange"
)

// isOld reports whether d came in another session.
func (s *hearing) isOld(d bus.Delivery) bool { return d.Epoch != s.epoch }

// end waits for work that is under way. The context of the session must be done,
// so that none goes on.
func (s *hearing) end() {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	s.burials.Wait()
}

// refuse sets a delivery aside, and returns how many are settled by that, 0 or
// 1. A message by itself the broker sets aside. A fact of a bundle cannot leave
// it there, so it is published to the dead letters anew; that takes time, and
// until then it is taken but not settled. If the session ends meanwhile the
// bundle comes again, and the fact may be a dead letter twice.
func (q *queue) refuse(s *hearing, d bus.Delivery) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fresh := s.ledger.take(d.Tag)
	switch {
	case !fresh || s.over:
		return 0
	case in == nil:
		s.ledger.release(d.Tag)
		_ = s.ch.Reject(d.Tag>>placeBits, setAside) // if it fails the session ends, and it comes again
	default:
		content := q.dead(d, in.facts[d.Tag&(1<<placeBits-1)])
		s.burials.Go(func() { q.bury(s, d.Tag, content) })
	}
	return 1
}

// dead returns one fact of a bundle as a message by itself: as it would have
// been, or, if it cannot be read, as it is, in a bundle of one.
func (q *queue) dead(d bus.Delivery, fact []byte) amqp.Publishing {
	content := amqp.Publishing{
		ContentType: batchType, DeliveryMode: amqp.Persistent, MessageId: uuid.NewString(),
		Body: appendRaw(nil, batchEvents, fact),
	}
	if d.Err == nil {
		content = encode(d.Message)
	}
	if content.Headers == nil {
		content.Headers = amqp.Table{}
	}
	content.Headers[deathQueue], content.Headers[deathReason] = q.plan.hearer, "rejected"
	content.Headers[deathExchange] = q.bus.config.Exchange
	return content
}

// bury publishes a fact to the dead letters until it is confirmed there, and
// then settles it. Nothing but the end of the session stops it.
func (q *queue) bury(s *hearing, tag uint64, content amqp.Publishing) {
	pause := q.newPause()
	for tries := 0; ; tries++ {
		err := q.bus.sayDead(s.ctx, q.plan.hearer, content)
		if err == nil {
			break
		}
		if s.ctx.Err() != nil {
			return
		}
		if tries == 0 {
			q.log.Warn("fact of a bundle is not set aside yet, trying again", "id", content.MessageId, "error", err)
		}
		_ = loop.Sleep(s.ctx, pause.NextBackOff())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.ledger.bundles[tag>>placeBits]
	if !s.ledger.release(tag) {
		return
	}
	if message := []uint64{tag >> placeBits}; in.back {
		s.tell(nil, message)
	} else {
		s.tell(message, nil)
	}
}

// sayDead publishes one message to the dead letters of a hearer, and waits until
// it is there.
func (b *Bus) sayDead(ctx context.Context, hearer string, content amqp.Publishing) error {
	way, err := b.way(ctx)
	if err != nil {
		return err
	}
	unwanted := make(chan struct{})
	defer close(unwanted)
	l := &letter{
		exchange: b.config.DeadExchange, key: hearer, content: content, mandatory: true,
		unwanted: unwanted, settled: make(chan struct{}),
	}
	if _, err := way.send(ctx, []*letter{l}); err != nil {
		return err
	}
	return way.await(ctx, l)
}
