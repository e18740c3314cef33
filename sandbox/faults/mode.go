package faults

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// A Kind is what a switch is set to.
type Kind string

// The kinds of misbehaviour that a switch can ask of a whole part.
const (
	OK        Kind = "ok"         // answers as it should
	Down      Kind = "down"       // refuses every call at once
	Slow      Kind = "slow"       // answers rightly, but late
	Hang      Kind = "hang"       // takes the call and never answers
	ErrorRate Kind = "error_rate" // refuses some calls, by chance
)

// A Mode is the position of a switch. Rate, between 0 and 1, belongs to
// ErrorRate alone. The zero Mode is OK.
type Mode struct {
	Kind Kind
	Rate float64
}

// ParseMode reads the text form: ok, down, slow, hang, or error_rate:0.3.
func ParseMode(text string) (Mode, error) {
	kind, rate, rated := strings.Cut(text, ":")
	switch Kind(kind) {
	case OK, Down, Slow, Hang:
		if !rated {
			return Mode{Kind: Kind(kind)}, nil
		}
	case ErrorRate:
		// The comparison is written so that NaN fails it.
		if p, err := strconv.ParseFloat(rate, 64); err == nil && p >= 0 && p <= 1 {
			return Mode{Kind: ErrorRate, Rate: p}, nil
		}
	}
	return Mode{}, fmt.Errorf("mode %q: %w", text, ErrUnknownMode)
}

// String returns the text form.
func (m Mode) String() string {
	if m.Kind == ErrorRate {
		return string(ErrorRate) + ":" + strconv.FormatFloat(m.Rate, 'g', -1, 64)
	}
	return string(cmp.Or(m.Kind, OK))
}

// MarshalText writes the text form, for JSON.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads the text form, for JSON.
func (m *Mode) UnmarshalText(text []byte) (err error) {
	*m, err = ParseMode(string(text))
	return err
}
