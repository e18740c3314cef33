package notifyd

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
	"orpheus.example/notify"
)

var rewrite = flag.Bool("rewrite", false, "write testdata anew; commit only additions")

var (
	noon         = time.Date(2026, 11, 21, 12, 0, 0, 123456000, time.UTC)
	cancellation = notify.Mail{
		ID: "0b8f9ad2-65ba-5f55-b80e-1c0a4c4b2f10", Order: "2b0b5e9e-6f0e-5e0a-9d0c-0d3f6a5b7c11",
		News: notify.Cancelled, Number: 3, At: noon, Email: "ann@example.com", Name: "Ann é 安",
		Lines:  []notify.Line{{SKU: "TEAPOT", Name: "A teapot", Quantity: 2, UnitPrice: notify.Money{Amount: 2105, Currency: "EUR"}}},
		Total:  notify.Money{Amount: 4210, Currency: "EUR"},
		Reason: notify.Declined, Carrier: "swift", Tracking: "SW1",
	}
	refund = notify.Mail{
		ID: "5a2f8a43-5a0b-5d8f-8c5c-f0e7d6f3b1aa", Order: cancellation.Order, News: notify.Refunded, At: noon,
		Refund: notify.Money{Amount: 1001, Currency: "KWD"},
	}
	// everything is in the order of the lines of the golden file. The last ones are
	// there again since they are kept in another form.
	everything = []notify.Event{
		notify.WasOwed{Mail: cancellation, WaitUntil: noon.Add(30 * time.Second)},
		notify.WasOwed{Mail: refund},
		notify.WaitEnded{Order: cancellation.Order, Number: math.MaxInt64},
		notify.WasSent{ID: cancellation.ID, News: notify.Cancelled},
		notify.WasSent{ID: refund.ID, News: notify.Refunded},
		notify.WasRefused{Order: cancellation.Order, ID: cancellation.ID, Code: "550", Message: "no such mailbox"},
		notify.WasOwed{Mail: cancellation, WaitUntil: noon.Add(30 * time.Second)},
		notify.WasOwed{Mail: notify.Mail{ID: cancellation.ID, News: notify.Delivered, Number: 5, At: noon, Carrier: "swift"}, WaitUntil: noon},
		notify.WasSent{ID: cancellation.ID, News: notify.Cancelled},
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

// TestNewsAndReasonsAreNamed: whatever the domain can say has a name on the wire,
// and comes back as the same.
func TestNewsAndReasonsAreNamed(t *testing.T) {
	t.Parallel()
	for news := notify.Placed; news <= notify.Refunded; news++ {
		if got, err := newsOf(facts[news]); err != nil || got != news {
			t.Errorf("newsOf(%q) = %v, %v; want %v", facts[news], got, err, news)
		}
		if kind := facts[news]; !hears.Has(kind) {
			t.Errorf("%s is told of, but not heard", kind)
		}
	}
	for reason := notify.NoReason; reason <= notify.Overdue; reason++ {
		if got := reasonOf(reasonToWire(reason)); got != reason {
			t.Errorf("reasonOf(%q) = %v; want %v", reasonToWire(reason), got, reason)
		}
	}
	if len(facts) != len(hears) {
		t.Errorf("%d kinds of news, %d facts heard; want as many", len(facts), len(hears))
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
