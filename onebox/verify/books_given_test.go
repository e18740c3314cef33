package verify_test

import (
	"strings"
	"testing"

	"orpheus.example/onebox/verify"
	"orpheus.example/sandbox/carrier"
	"orpheus.example/sandbox/provider"
)

// TestCompareTakesBooksAsGiven finds what belongs to no order in books that
// somebody else has read, and checks no lists, since there are none.
func TestCompareTakesBooksAsGiven(t *testing.T) {
	t.Parallel()
	empty := verify.Compare(verify.Config{}, verify.Books{})
	if err := empty.Err(); err != nil || !empty.World {
		t.Errorf("Compare(empty books) = %v, with the world: %t; want nil, true", err, empty.World)
	}
	for _, c := range empty.Checks {
		if c.Name == "list" || c.Name == "statistics" {
			t.Errorf("Compare checks %q; want no checks of lists", c.Name)
		}
	}
	r := verify.Compare(verify.Config{}, verify.Books{
		Money:   []provider.Entry{{Number: 1, Kind: provider.Authorize, Reference: "nobody"}},
		Carried: map[string][]carrier.Entry{"swift": {{Number: 1, Kind: carrier.Book, Reference: "no one", LabelID: "l"}}},
	})
	for _, want := range []string{"nobody", "no one"} {
		if err := r.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Compare = %v; want %q named", err, want)
		}
	}
}
