package load

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// An Outcome is how an order is meant to end. The payment token, the address or
// the item of the order bring it about; see sandbox/README.md.
type Outcome int

// The outcomes.
const (
	Happy        Outcome = iota // delivered
	Declined                    // the provider declines the card
	Insufficient                // the provider finds no funds
	NoStock                     // nothing of an item is there; the money is let go
	Refused                     // no carrier goes there; money and goods are let go
	CaptureFails                // the money cannot be taken when the parcel is booked
	Cancelled                   // the customer cancels at once; rarely too late
	outcomes                    // how many there are
)

var outcomeNames = [outcomes]string{
	"happy", "declined", "insufficient-funds", "no-stock", "refused", "capture-fails", "cancelled",
}

// String returns the name that ParseMix reads.
func (o Outcome) String() string { return outcomeNames[o] }

// Outcomes returns the names of all outcomes.
func Outcomes() []string { return slices.Clone(outcomeNames[:]) }

// A Mix says how often each outcome is wanted, by weight. The zero Mix is all
// happy.
type Mix [outcomes]float64

// Realistic is a mix as a shop may see it on an ordinary day.
var Realistic = Mix{
	Happy: 85, Declined: 4, Insufficient: 3, NoStock: 3, Refused: 1, CaptureFails: 1, Cancelled: 3,
}

// ParseMix reads a mix such as "happy=90,declined=10". The word "realistic"
// stands for Realistic; an outcome without a weight has weight 1.
func ParseMix(text string) (Mix, error) {
	if text == "realistic" {
		return Realistic, nil
	}
	var m Mix
	for part := range strings.SplitSeq(text, ",") {
		name, number, weighed := strings.Cut(strings.TrimSpace(part), "=")
		o := slices.Index(outcomeNames[:], name)
		if o < 0 {
			return m, fmt.Errorf("%q is no outcome; there are %s", name, strings.Join(outcomeNames[:], ", "))
		}
		weight := 1.0
		if weighed {
			var err error
			if weight, err = strconv.ParseFloat(number, 64); err != nil || !sensible(weight) {
				return m, fmt.Errorf("%q is no weight of %s; want a number such as 5", number, name)
			}
		}
		m[o] += weight
	}
	if m.sum() == 0 {
		return m, fmt.Errorf("%q asks for nothing", text)
	}
	return m, nil
}

func sensible(weight float64) bool { return weight >= 0 && !math.IsInf(weight, 0) }

// String returns m as ParseMix reads it.
func (m Mix) String() string {
	var parts []string
	for o, weight := range m {
		if weight > 0 {
			parts = append(parts, fmt.Sprintf("%s=%g", Outcome(o), weight))
		}
	}
	return strings.Join(parts, ",")
}

func (m Mix) sum() (sum float64) {
	for _, weight := range m {
		sum += weight
	}
	return sum
}

// at returns the outcome at a place between 0 and 1.
func (m Mix) at(place float64) Outcome {
	place *= m.sum()
	last := Happy
	for o, weight := range m {
		if weight == 0 {
			continue
		}
		if last = Outcome(o); place < weight {
			return last
		}
		place -= weight
	}
	return last // rounding has gone past the end
}
