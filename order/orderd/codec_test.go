package orderd

import (
	"encoding/hex"
	"flag"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/kit/eventlog"
	"orpheus.example/order"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/golden.txt anew; commit only additions")

var (
	noon    = time.Date(2026, 11, 21, 12, 0, 0, 123456000, time.UTC)
	details = order.Details{
		Order: "2b0b5e9e-6f0e-5e0a-9d0c-0d3f6a5b7c11", Customer: "ann", Email: "ann@example.com", Name: "Ann é 安",
		ShipTo: order.Address{Street: "1 Main St", Extra: "b", City: "Ghent", Region: "OV", PostalCode: "9000", CountryCode: "BE"},
		Lines:  []order.Line{{SKU: "TEAPOT", Name: "A teapot", Quantity: 2, UnitPrice: order.Money{Amount: 2105, Currency: "EUR"}}},
		Total:  order.Money{Amount: 4210, Currency: "EUR"},
	}
	everything = []order.Event{
		order.WasPlaced{Number: 1, Details: details, Transaction: "t1", Token: "tok_ok", PlacedAt: noon, PayBy: noon, FulfilBy: noon},
		order.WasConfirmed{Number: 2, Details: details},
		order.CancellationRequested{Number: 3, Details: details, Reason: order.ByCustomer, Note: "changed my mind"},
		order.CancellationRefused{Number: 4, Details: details, Reason: order.Expired},
		order.WasCancelled{Number: 5, Details: details, Reason: order.Overdue},
		order.WasDispatched{Number: 6, Details: details, Carrier: "swift", Tracking: "SW1"},
		order.WasShipped{Number: 7, Details: details, Carrier: "swift", Tracking: "SW1"},
		order.WasDelivered{Number: math.MaxInt64, Details: details, Carrier: "swift", Tracking: "SW1"},
		order.Recorded{Order: details.Order, Fact: order.Fact{
			Kind: order.PaymentWasRefunded, ID: "e1", Amount: order.Money{Amount: 5, Currency: "JPY"}, Detail: "d", Carrier: "c", Tracking: "t",
		}},
		order.Recorded{Order: details.Order, Fact: order.Fact{Kind: order.ShipmentWasBooked, ID: "e2"}},
		order.PriceNoted{SKU: "TEAPOT", Price: order.Price{Name: "A teapot", Each: order.Money{Amount: 1001, Currency: "KWD"}, Version: 7}},
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
			return // times and amounts beyond what can be told, which nobody can have kept
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
