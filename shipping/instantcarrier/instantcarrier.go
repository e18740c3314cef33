// Package instantcarrier answers for a carrier at once, and carries nothing. It
// is for load tests, where the shop itself is to be the limit and not somebody
// else's clock: no connection, no wait, no books.
//
// Whoever asks for a parcel that was handed over is told that it has arrived, so
// a shipment goes its whole way without waiting for the next look. It remembers
// nothing: what it answers follows from the call, and a repeat gets its first
// answer, as it would from a real carrier.
package instantcarrier

import (
	"context"
	"strings"

	"orpheus.example/shipping"
	"orpheus.example/shipping/shippingd"
)

// URL is the carrier's address that stands for this package.
const URL = "instant:"

// Warning is what has to be said, loudly, where this carrier is used.
const Warning = "a carrier is a stand-in for load tests: it answers at once and carries nothing"

// A Carrier delivers nothing. The zero Carrier is ready.
type Carrier struct{}

var _ shippingd.Carrier = Carrier{}

// Is reports whether an address means this carrier.
func Is(url string) bool { return strings.HasPrefix(url, URL) }

// Book makes a label out of the booking's key.
func (Carrier) Book(_ context.Context, c shipping.CallBook) (shippingd.Label, error) {
	return shippingd.Label{ID: "label_" + c.Key, Tracking: "INST" + c.Order}, nil
}

// HandOver takes over whatever it is told of.
func (Carrier) HandOver(context.Context, shipping.CallHandOver) error { return nil }

// Track says that the parcel has arrived.
func (Carrier) Track(context.Context, shipping.CallTrack) (shipping.Status, string, error) {
	return shipping.Arrived, "", nil
}

// Cancel has nothing to cancel, which is well.
func (Carrier) Cancel(context.Context, shipping.CallCancel) error { return nil }
