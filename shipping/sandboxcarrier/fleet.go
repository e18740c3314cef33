package sandboxcarrier

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"orpheus.example/shipping/instantcarrier"
	"orpheus.example/shipping/shippingd"
)

// A Fleet is carriers by name, the preferred first. As a setting it is
//
//	swift=http://127.0.0.1:7200/carriers/swift,steady=http://127.0.0.1:7200/carriers/steady
//
// For load tests an address may be instant:, a carrier that answers at once.
type Fleet []shippingd.Named

// Names go into facts and idempotency keys, and stay there.
var validName = regexp.MustCompile(`^[a-z][a-z0-9]{0,31}$`)

var (
	errNobody = errors.New("at least one carrier is needed, as name=url")
	errName   = errors.New("a carrier's name is a lower-case letter and up to 31 more letters and digits")
	errTwice  = errors.New("two carriers have one name")
)

// UnmarshalText reads a setting.
func (f *Fleet) UnmarshalText(text []byte) error {
	var fleet Fleet
	for entry := range strings.SplitSeq(string(text), ",") {
		name, base, ok := strings.Cut(strings.TrimSpace(entry), "=")
		switch {
		case !ok:
			return fmt.Errorf("%q: %w", entry, errNobody)
		case !validName.MatchString(name):
			return fmt.Errorf("%q: %w", name, errName)
		case slices.ContainsFunc(fleet, func(n shippingd.Named) bool { return n.Name == name }):
			return fmt.Errorf("%q: %w", name, errTwice)
		}
		carrier, err := at(base)
		if err != nil {
			return err
		}
		fleet = append(fleet, shippingd.Named{Name: name, Carrier: carrier})
	}
	*f = fleet
	return nil
}

// at returns the carrier at an address.
func at(base string) (shippingd.Carrier, error) {
	if instantcarrier.Is(base) {
		return instantcarrier.Carrier{}, nil
	}
	return New(base)
}

// Instant reports whether a carrier of the fleet is a stand-in that carries
// nothing.
func (f Fleet) Instant() bool {
	return slices.ContainsFunc(f, func(n shippingd.Named) bool {
		_, ok := n.Carrier.(instantcarrier.Carrier)
		return ok
	})
}
