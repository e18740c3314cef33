package rabbitbus

import (
	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/bus"
)

// RabbitMQ knows only this.
const immediate = false

// A letter is one AMQP message between Publish and what became of it.
type letter struct {
	first         int // which of the messages in it comes first among those that were published with it
	exchange, key string
	content       amqp.Publishing
	// mandatory has the broker tell us if no queue takes it, instead of
	// confirming that nobody has it.
	mandatory bool
	confirm   *amqp.DeferredConfirmation // once it was sent
	unwanted  <-chan struct{}            // closed once nobody waits for it any more
	convoy    *bus.Convoy                // which halts if this one fails, or nil
	err       error                      // what became of it; valid once settled is closed
	settled   chan struct{}
}

func (l *letter) settle(err error) {
	if err != nil && l.convoy != nil {
		l.convoy.Halt()
	}
	l.err = err
	close(l.settled)
}

// seal makes letters of the messages, up to the first that cannot be sent.
func (s *sent) seal() {
	config := s.bus.config
	facts := newBundler(config.Bundle, len(s.messages))
	for i, m := range s.messages {
		m = named(m, config.Source)
		if s.unfit = bus.Check(m); s.unfit != nil {
			break
		}
		s.fit++
		facts.add(i, kind{m.Type, bus.Partition(m.Correlation, config.Partitions), m.Terminal}, m.Subject, sizeOf(m))
	}
	for _, b := range facts.bundles() {
		s.letters = append(s.letters, &letter{
			first: b.facts[0], mandatory: !b.kind.terminal,
			exchange: config.Exchange, key: bus.RoutingKey(b.kind.name, b.kind.partition), content: s.content(b),
			unwanted: s.unwanted, convoy: s.convoy, settled: make(chan struct{}),
		})
	}
}

// content returns the facts of a bundle as they travel: one alone as it always
// has, so that nothing changes as long as there is little to say.
func (s *sent) content(b *bundle) amqp.Publishing {
	source := s.bus.config.Source
	if len(b.facts) == 1 {
		return encode(named(s.messages[b.facts[0]], source))
	}
	all := make([]bus.Message, len(b.facts))
	for i, place := range b.facts {
		all[i] = named(s.messages[place], source)
	}
	return encodeBatch(all, b.bytes)
}

// named returns m with a source, if it has none of its own.
func named(m bus.Message, source string) bus.Message {
	if m.Source == "" {
		m.Source = source
	}
	return m
}
