package instantcarrier_test

import (
	"testing"

	"orpheus.example/shipping"
	"orpheus.example/shipping/instantcarrier"
)

func TestARepeatGetsTheFirstLabel(t *testing.T) {
	t.Parallel()
	var c instantcarrier.Carrier
	call := shipping.CallBook{Key: "o1/book-swift", Order: "o1"}
	first, err := c.Book(t.Context(), call)
	again, err2 := c.Book(t.Context(), call)
	if first != again || first.ID == "" || first.Tracking == "" || err != nil || err2 != nil {
		t.Errorf("Book twice = %+v, %+v (%v, %v); want one label", first, again, err, err2)
	}
}

// The whole way of a parcel needs no second look.
func TestAParcelHasArrivedWhenItIsAskedFor(t *testing.T) {
	t.Parallel()
	var c instantcarrier.Carrier
	if err := c.HandOver(t.Context(), shipping.CallHandOver{}); err != nil {
		t.Errorf("HandOver() = %v; want nil", err)
	}
	if status, _, err := c.Track(t.Context(), shipping.CallTrack{}); status != shipping.Arrived || err != nil {
		t.Errorf("Track() = %v, %v; want it to have arrived", status, err)
	}
	if err := c.Cancel(t.Context(), shipping.CallCancel{}); err != nil {
		t.Errorf("Cancel() = %v; want nil", err)
	}
}
