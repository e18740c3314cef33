package shippingd

import (
	"encoding/hex"
	"flag"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/kit/eventlog"
	"orpheus.example/shipping"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/golden.txt anew; commit only additions")

var (
	id         = "2b0b5e9e-6f0e-5e0a-9d0c-0d3f6a5b7c11"
	everything = []shipping.Event{
		shipping.WasOpened{
			Order: id, Name: "Ann é 安", Carriers: []string{"swift", "steady"},
			ShipTo: shipping.Address{Street: "1 Main St", Extra: "b", City: "Ghent", Region: "OV", PostalCode: "9000", CountryCode: "BE"},
			Lines:  []shipping.Line{{SKU: "TEAPOT", Quantity: 2}, {SKU: "CUP", Quantity: math.MaxInt64}},
		},
		shipping.CarrierChosen{Order: id, Carrier: "swift"},
		shipping.CarrierRefused{Order: id, Carrier: "swift", Code: "address_refused", Message: "no"},
		shipping.WasRefused{Order: id, Refusals: []shipping.Refusal{{Carrier: "swift", Code: "address_refused", Message: "no"}}},
		shipping.WasRefused{Order: id},
		shipping.WasBooked{Order: id, Carrier: "swift", Tracking: "SW1", Label: "lbl_1"},
		shipping.CancellationNoted{Order: id},
		shipping.WasCancelled{Order: id, Carrier: "swift", Tracking: "SW1"},
		shipping.WasHandedOver{Order: id},
		shipping.WasAccepted{Order: id},
		shipping.WasShipped{Order: id, Carrier: "swift", Tracking: "SW1"},
		shipping.WasDelivered{Order: id, Carrier: "swift", Tracking: "SW1"},
		shipping.WasLost{Order: id, Note: "fell off the lorry"},
		shipping.WasClosed{Order: id},
		shipping.WasOpened{Order: id, Name: "Ann", Carriers: []string{"swift", "steady"}, Chosen: "steady"},
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
		mustWriteGolden(t, file)
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

func mustWriteGolden(t *testing.T, file string) {
	t.Helper()
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
			t.Fatalf("read, but cannot be kept: %v", err)
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

// Every phase of the domain has a name on the wire, and no two the same.
func TestPhasesAreNamed(t *testing.T) {
	t.Parallel()
	named := map[string]shipping.Phase{}
	for p := shipping.None; p <= shipping.Cancelled; p++ {
		name, ok := phases[p]
		if other, twice := named[name.String()]; !ok || twice {
			t.Errorf("phase %v is %v on the wire, as is %v", p, name, other)
		}
		named[name.String()] = p
	}
}
