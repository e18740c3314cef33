package bus

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Limits of what a bus carries, the same for all drivers, so that what works on
// one works on the others.
const (
	// MaxBody is the longest body, in bytes. Whatever is longer does not
	// belong into a fact but into a place that the fact names.
	MaxBody = 256 << 10
	// MaxText is the longest of the other fields, in bytes. AMQP gives short
	// strings 255; the rest is for the partition after a type's name, and for
	// what comes after a queue's name.
	MaxText = 240
)

// ErrUnfit says that a message or a subscription breaks the limits of the bus.
// Sending it again does not help.
var ErrUnfit = errors.New("does not fit the bus")

// Check returns nil if m may be published, else an ErrUnfit that says why not.
func Check(m Message) error {
	if m.ID == uuid.Nil {
		return fmt.Errorf("message without an id: %w", ErrUnfit)
	}
	if err := checkName("type", m.Type); err != nil {
		return err
	}
	if len(m.Body) > MaxBody {
		return fmt.Errorf("body of %d bytes, more than %d: %w", len(m.Body), MaxBody, ErrUnfit)
	}
	texts := []struct{ name, text string }{
		{"subject", m.Subject}, {"source", m.Source}, {"correlation", m.Correlation},
		{"causation", m.Causation}, {"actor", m.Actor}, {"trace", m.Trace},
	}
	for _, t := range texts {
		if err := checkText(t.name, t.text); err != nil {
			return err
		}
	}
	return nil
}

// CheckSubscription returns nil if s can be subscribed to, else an ErrUnfit
// that says why not.
func CheckSubscription(s Subscription) error {
	if err := checkName("queue", s.Queue); err != nil {
		return err
	}
	for _, t := range s.Types {
		if err := checkName("type", t); err != nil {
			return err
		}
	}
	return nil
}

// checkName refuses what cannot be the name of a type or a queue. Stars and
// hashes are wild cards to some brokers, and would hear more than was meant.
func checkName(what, name string) error {
	if name == "" {
		return fmt.Errorf("%s without a name: %w", what, ErrUnfit)
	}
	if strings.ContainsAny(name, "*# ") {
		return fmt.Errorf("%s %q holds a wild card or a space: %w", what, name, ErrUnfit)
	}
	return checkText(what, name)
}

func checkText(what, text string) error {
	if len(text) > MaxText {
		return fmt.Errorf("%s of %d bytes, more than %d: %w", what, len(text), MaxText, ErrUnfit)
	}
	if !utf8.ValidString(text) {
		return fmt.Errorf("%s is not UTF-8: %w", what, ErrUnfit)
	}
	return nil
}
