package demo

import (
	"errors"
	"testing"
)

// TestCompare sees that the tour waits for what has not been said yet, and stops
// at what should not have been said.
func TestCompare(t *testing.T) {
	t.Parallel()
	want := []string{"OrderPlaced", "PaymentDeclined", "OrderCancelled"}
	for name, c := range map[string]struct {
		said []string
		want error
	}{
		"all":         {[]string{"OrderPlaced", "PaymentDeclined", "OrderCancelled"}, nil},
		"other_order": {[]string{"OrderPlaced", "OrderCancelled", "PaymentDeclined"}, nil},
		"nothing_yet": {nil, errNotYet},
		"not_all_yet": {[]string{"OrderPlaced"}, errNotYet},
		"another":     {[]string{"OrderPlaced", "PaymentAuthorized"}, ErrOtherwise},
		"twice":       {[]string{"OrderPlaced", "OrderPlaced"}, ErrOtherwise},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := compare(c.said, want); !errors.Is(got, c.want) {
				t.Errorf("compare(%v, %v) = %v; want %v", c.said, want, got, c.want)
			}
		})
	}
}
