package inventoryd

import (
	"encoding/hex"
	"flag"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/inventory"
	"orpheus.example/kit/eventlog"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/golden.txt anew; commit only additions")

var (
	someLines  = []inventory.Line{{SKU: "TEAPOT", Quantity: 2}, {SKU: "CUP", Quantity: math.MaxInt64}}
	everything = []inventory.Event{
		inventory.WasListed{SKU: "TEAPOT", Name: "A teapot é 安", Price: inventory.Money{Amount: 2105, Currency: "EUR"}, Version: 1},
		inventory.PriceChanged{SKU: "TEAPOT", Name: "A teapot", Price: inventory.Money{Amount: 900, Currency: "JPY"}, Version: 2},
		inventory.LevelChanged{
			SKU: "TEAPOT", Name: "A teapot", Price: inventory.Money{Amount: 1001, Currency: "KWD"},
			OnHand: inventory.MaxPieces, Reserved: 3, Version: 3, Order: "2b0b5e9e-6f0e-5e0a-9d0c-0d3f6a5b7c11",
		},
		inventory.WasReserved{Order: "o1", Lines: someLines},
		inventory.WasUnavailable{Order: "o1", Short: []inventory.Short{{SKU: "CUP", Wanted: 3, Available: 2}}},
		inventory.WasDispatched{Order: "o1", Lines: someLines},
		inventory.WasReleased{Order: "o1", Lines: someLines},
		inventory.WasReleased{Order: "o1"},
		inventory.ReleaseRefused{Order: "o1"},
		inventory.WasReceived{SKU: "TEAPOT", Quantity: 5, Request: "r1"},
		inventory.WasClosed{Order: "o1"},
	}
)

func TestCodecRoundTrip(t *testing.T) {
	t.Parallel()
	kinds := map[string]bool{}
	for _, e := range everything {
		kind, schema, body, err := codec.Encode(e)
		if err != nil {
			t.Fatalf("Encode(%+v): %v", e, err)
		}
		kinds[kind] = true
		got, err := codec.Decode(eventlog.Record{Type: kind, Schema: schema, Body: body})
		if err != nil {
			t.Fatalf("Decode(%s): %v", kind, err)
		}
		if diff := cmp.Diff(e, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", kind, diff)
		}
	}
	for _, kind := range keeps.Names() {
		if !kinds[kind] {
			t.Errorf("%s is kept, but no event of the test becomes one", kind)
		}
	}
}

// TestGolden holds what has once been kept to be readable for ever: lines are
// added to the file when a form is new, never changed.
func TestGolden(t *testing.T) {
	t.Parallel()
	const file = "testdata/golden.txt"
	if *rewrite {
		var b strings.Builder
		for _, e := range everything {
			kind, _, body, err := codec.Encode(e)
			if err != nil {
				t.Fatal(err)
			}
			b.WriteString(kind + " " + hex.EncodeToString(body) + "\n")
		}
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		kind, body, _ := strings.Cut(line, " ")
		kept, err := hex.DecodeString(body)
		if err != nil {
			t.Fatal(err)
		}
		got, err := codec.Decode(eventlog.Record{Type: kind, Schema: 1, Body: kept})
		if err != nil {
			t.Fatalf("line %d, %s: %v", i+1, kind, err)
		}
		if diff := cmp.Diff(everything[i], got); diff != "" {
			t.Errorf("line %d, %s: (-want +got)\n%s", i+1, kind, diff)
		}
	}
}

// FuzzDecode feeds anything to the codec: it may refuse, and must not panic; what
// it accepts it can keep again, and read back as the same.
func FuzzDecode(f *testing.F) {
	for i, e := range everything {
		if _, _, body, err := codec.Encode(e); err == nil {
			f.Add(byte(i), body)
		}
	}
	f.Fuzz(func(t *testing.T, pick byte, body []byte) {
		kind := keeps.Names()[int(pick)%len(keeps)]
		e, err := codec.Decode(eventlog.Record{Type: kind, Schema: 1, Body: body})
		if err != nil {
			return
		}
		kind, schema, kept, err := codec.Encode(e)
		if err != nil {
			return // amounts beyond what can be told, which nobody can have kept
		}
		again, err := codec.Decode(eventlog.Record{Type: kind, Schema: schema, Body: kept})
		if err != nil {
			t.Fatalf("kept, but cannot be read: %v", err)
		}
		if diff := cmp.Diff(e, again); diff != "" {
			t.Errorf("(-first +second)\n%s", diff)
		}
	})
}
