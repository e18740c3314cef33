package carrier_test

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/sandbox/carrier"
	"orpheus.example/sandbox/faults"
	"orpheus.example/sandbox/internal/wiretest"
	"orpheus.example/sandbox/journal"
)

// A yard is two carriers on a clock that stands still, at speed 100: a parcel
// is in transit 10 ms after handover and arrives 20 ms later.
type yard struct {
	*carrier.Fleet
	*wiretest.Caller
	clock  *wiretest.Clock
	faults *faults.Board
}

func open(t *testing.T, j *journal.Journal) yard {
	t.Helper()
	y := yard{clock: wiretest.NewClock()}
	names := []string{"swift", "steady"}
	y.faults = faults.New(faults.Config{Names: names, Speed: 100})
	var err error
	y.Fleet, err = carrier.Open(carrier.Config{Names: names, Journal: j, Faults: y.faults, Now: y.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	y.Caller = wiretest.Start(t, y.Fleet)
	return y
}

func body(name, line1 string) string {
	return fmt.Sprintf(`{"reference":"ship-1","name":%q,"address":{"line1":%q,"city":"Ulm","country":"DE"},"lines":[{"sku":"TEAPOT","quantity":2}]}`, name, line1)
}

// book books with swift and returns the label's path.
func (y yard) book(t *testing.T, key, line1 string) string {
	t.Helper()
	y.Post(t, "/swift/labels", key, body("Ada", line1))
	l, ok := y.Carrier("swift").ByKey(key)
	if !ok {
		t.Fatalf("no label with key %q", key)
	}
	return "/swift/labels/" + l.ID
}

func (y yard) state(t *testing.T, path string) carrier.State {
	t.Helper()
	var l carrier.Label
	y.Read(t, path, &l)
	if last := l.History[len(l.History)-1].State; last != l.State {
		t.Errorf("GET %s: state %s, but the history ends with %s", path, l.State, last)
	}
	return l.State
}

func TestJourney(t *testing.T) {
	t.Parallel()
	for line1, end := range map[string]carrier.State{"Main St 1": carrier.Delivered, "LOST lane 2": carrier.Lost} {
		t.Run(string(end), func(t *testing.T) {
			t.Parallel()
			y := open(t, nil)
			path := y.book(t, "k", line1)
			y.clock.Move(time.Hour)
			if got := y.state(t, path); got != carrier.Booked {
				t.Errorf("an hour after booking = %s; want %s", got, carrier.Booked)
			}
			y.Post(t, path+"/handover", "", "")
			for _, tt := range []struct {
				move time.Duration
				want carrier.State
			}{
				{0, carrier.HandedOver},
				{9 * time.Millisecond, carrier.HandedOver},
				{time.Millisecond, carrier.InTransit},
				{19 * time.Millisecond, carrier.InTransit},
				{time.Millisecond, end},
				{time.Hour, end},
			} {
				y.clock.Move(tt.move)
				if got := y.state(t, path); got != tt.want {
					t.Errorf("%v later = %s; want %s", tt.move, got, tt.want)
				}
			}
		})
	}
}

// TestRules: handover and cancel in every state, each asked twice where it is
// allowed at all.
func TestRules(t *testing.T) {
	t.Parallel()
	type step struct{ verb, want string }
	tests := []struct {
		name, line1 string
		steps       []step
		state       carrier.State
		entries     int
	}{
		{"handover_twice_is_once", "Main St 1", []step{{"handover", "200"}, {"handover", "200"}}, carrier.HandedOver, 2},
		{"cancel_twice_is_once", "Main St 1", []step{{"cancel", "200"}, {"cancel", "200"}}, carrier.Cancelled, 2},
		{"cancel_only_before_handover", "Main St 1", []step{{"handover", "200"}, {"cancel", "409 already_handed_over"}}, carrier.HandedOver, 2},
		{"handover_only_before_cancel", "Main St 1", []step{{"cancel", "200"}, {"handover", "409 label_cancelled"}}, carrier.Cancelled, 2},
		{"refused_stays_refused", "REFUSE", []step{{"handover", "409 label_refused"}, {"cancel", "409 label_refused"}}, carrier.Refused, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			y := open(t, nil)
			path := y.book(t, "k", tt.line1)
			for _, s := range tt.steps {
				if got := y.Post(t, path+"/"+s.verb, "", ""); got.String() != s.want {
					t.Errorf("%s = %s; want %s", s.verb, got, s.want)
				}
			}
			if got := y.state(t, path); got != tt.state {
				t.Errorf("state = %s; want %s", got, tt.state)
			}
			if got := len(y.Carrier("swift").Ledger("ship-1").Entries); got != tt.entries {
				t.Errorf("entries = %d; want %d", got, tt.entries)
			}
		})
	}
}

// TestClockSetBack: a parcel that has left cannot be cancelled, whatever the
// clock says since.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	y := open(t, nil)
	path := y.book(t, "k", "Main St 1")
	y.Post(t, path+"/handover", "", "")
	y.clock.Move(-time.Hour)
	if got := y.Post(t, path+"/cancel", "", ""); got.String() != "409 already_handed_over" {
		t.Errorf("cancel = %s; want 409 already_handed_over", got)
	}
}

// TestMarkers books three times with one key at each carrier.
func TestMarkers(t *testing.T) {
	t.Parallel()
	const refused, busy = "422 address_refused", "503 unavailable"
	ok := [3]string{"201", "201", "201"}
	no := [3]string{refused, refused, refused}
	tests := []struct {
		name, customer, line1 string
		swift, steady         [3]string
	}{
		{"none", "Ada", "Main St 1", ok, ok},
		{"refuse_by_line", "Ada", "REFUSE 1", no, no},
		{"refuse_by_name", "Ada REFUSE", "Main St 1", no, no},
		{"refuse_swift", "Ada", "REFUSE SWIFT", no, ok},
		{"refuse_steady", "Ada", "REFUSE STEADY", ok, no},
		{"refuse_one_by_line_and_one_by_name", "REFUSE STEADY", "REFUSE SWIFT", no, no},
		{"small_letters_mean_nothing", "Ada", "Refuse alley, slow side", ok, ok},
		{"slow", "Ada", "SLOW 1", ok, ok},
		{"flaky", "Ada", "FLAKY 1", [3]string{busy, busy, "201"}, [3]string{busy, busy, "201"}},
		{"timeout_after", "Ada", "TIMEOUT AFTER 1", [3]string{"lost", "201", "201"}, [3]string{"lost", "201", "201"}},
		{"lost_is_booked", "Ada", "LOST 1", ok, ok},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			y := open(t, nil)
			for name, want := range map[string][3]string{"swift": tt.swift, "steady": tt.steady} {
				for i := range want {
					if got := y.Post(t, "/"+name+"/labels", "k", body(tt.customer, tt.line1)); got.String() != want[i] {
						t.Errorf("%s try %d = %s; want %s", name, i+1, got, want[i])
					}
				}
				if got := len(y.Carrier(name).Ledger("").Entries); got != 1 {
					t.Errorf("%s entries = %d; want 1", name, got)
				}
			}
		})
	}
}

// TestMarkersRuleLaterCalls: the marker goes on to matter at the handover.
func TestMarkersRuleLaterCalls(t *testing.T) {
	t.Parallel()
	y := open(t, nil)
	lossy := y.book(t, "k", "TIMEOUT AFTER 1")
	for i, want := range []string{"lost", "200"} {
		if got := y.Post(t, lossy+"/handover", "", ""); got.String() != want {
			t.Errorf("handover try %d = %s; want %s", i+1, got, want)
		}
	}
	for range 2 {
		y.Post(t, "/swift/labels", "f", body("Ada", "FLAKY 1"))
	}
	flaky := y.book(t, "f", "FLAKY 1")
	for i, want := range []string{"503 unavailable", "503 unavailable", "200"} {
		if got := y.Post(t, flaky+"/cancel", "", ""); got.String() != want {
			t.Errorf("cancel try %d = %s; want %s", i+1, got, want)
		}
	}
}

func TestSwitchesAreOnePerCarrier(t *testing.T) {
	t.Parallel()
	y := open(t, nil)
	if err := y.faults.Set(map[string]faults.Mode{"swift": {Kind: faults.Down}}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		"/swift/labels?key=k":  http.StatusServiceUnavailable,
		"/swift/ledger":        http.StatusOK, // auditors can always count
		"/steady/labels?key=k": http.StatusNotFound,
	} {
		if got := y.Get(t, path); got.Status != want {
			t.Errorf("GET %s = %s; want %d", path, got, want)
		}
	}
}

func TestMalformedCalls(t *testing.T) {
	t.Parallel()
	y := open(t, nil)
	tests := []struct{ name, path, key, body, want string }{
		{"no_key", "/swift/labels", "", body("Ada", "x"), "400 idempotency_key_missing"},
		{"no_reference", "/swift/labels", "k", `{"name":"Ada","address":{"line1":"x"}}`, "422 invalid_reference"},
		{"no_name", "/swift/labels", "k", body("", "x"), "422 invalid_address"},
		{"no_line1", "/swift/labels", "k", body("Ada", ""), "422 invalid_address"},
		{"address_of_wrong_type", "/swift/labels", "k", `{"address":7}`, "400 body_malformed"},
		{"unknown_carrier", "/snail/labels", "k", body("Ada", "x"), "404 carrier_not_found"},
		{"unknown_label", "/swift/labels/x/handover", "", "", "404 label_not_found"},
	}
	for _, tt := range tests {
		if got := y.Post(t, tt.path, tt.key, tt.body); got.String() != tt.want {
			t.Errorf("%s: POST = %s; want %s", tt.name, got, tt.want)
		}
	}
	y.book(t, "k", "Main St 1") // none of that used up the key
	if got := y.Post(t, "/swift/labels", "k", body("Bob", "Main St 1")); got.String() != "422 idempotency_key_reused" {
		t.Errorf("same key for another parcel = %s; want 422 idempotency_key_reused", got)
	}
}

func TestLookups(t *testing.T) {
	t.Parallel()
	y := open(t, nil)
	path := y.book(t, "k1", "Main St 1")
	y.book(t, "k2", "REFUSE")
	for asked, want := range map[string]carrier.State{
		path:                   carrier.Booked,
		"/swift/labels?key=k1": carrier.Booked,
		"/swift/labels?key=k2": carrier.Refused,
	} {
		if got := y.state(t, asked); got != want {
			t.Errorf("GET %s = %s; want %s", asked, got, want)
		}
	}
	for asked, want := range map[string]string{
		"/swift/labels?key=k3":  "404 key_not_found",
		"/steady/labels?key=k1": "404 key_not_found", // carriers do not share keys
		"/swift/labels":         "400 key_missing",
		"/swift/labels/x":       "404 label_not_found",
	} {
		if got := y.Get(t, asked); got.String() != want {
			t.Errorf("GET %s = %s; want %s", asked, got, want)
		}
	}
}

// TestOtherWords: an address may come in the words of another contract.
func TestOtherWords(t *testing.T) {
	t.Parallel()
	y := open(t, nil)
	y.Post(t, "/swift/labels", "k", `{"reference":"r","name":"Ada","address":{"street":"Main St 1","extra":"c/o Bob","city":"Ulm","postal_code":"89073","country_code":"DE"},"parcels":[{"sku":"CUP","quantity":1}]}`)
	l, _ := y.Carrier("swift").ByKey("k")
	want := carrier.Address{Line1: "Main St 1", Line2: "c/o Bob", City: "Ulm", PostalCode: "89073", Country: "DE"}
	if diff := cmp.Diff(want, l.Address); diff != "" {
		t.Errorf("address, -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]carrier.Line{{SKU: "CUP", Quantity: 1}}, l.Lines); diff != "" {
		t.Errorf("lines, -want +got:\n%s", diff)
	}
}

// TestManyWithOneKey: a hundred callers at once, one label, one answer; then a
// hundred handovers, one entry.
func TestManyWithOneKey(t *testing.T) {
	t.Parallel()
	y := open(t, nil)
	answers := make([]wiretest.Answer, 100)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = y.Post(t, "/swift/labels", "k", body("Ada", "Main St 1")) })
	}
	all.Wait()
	for i, a := range answers {
		if a != answers[0] || a.Status != http.StatusCreated {
			t.Errorf("answer %d = %+v; want 201 and equal to the first", i, a)
		}
	}
	path := y.book(t, "k", "Main St 1")
	for range answers {
		all.Go(func() { y.Post(t, path+"/handover", "", "") })
	}
	all.Wait()
	if got := len(y.Carrier("swift").Ledger("").Entries); got != 2 {
		t.Errorf("entries = %d; want 2", got)
	}
}

// TestReplay: carriers opened again on the journal of ones that were never
// closed know every label, and a parcel has travelled on meanwhile.
func TestReplay(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	y := open(t, mustJournal(t, path))
	label := y.book(t, "k1", "Main St 1")
	first := y.Post(t, "/swift/labels", "k1", body("Ada", "Main St 1"))
	y.book(t, "k2", "REFUSE")
	y.Post(t, label+"/handover", "", "")

	again := open(t, mustJournal(t, path))
	if diff := cmp.Diff(y.Carrier("swift").Ledger(""), again.Carrier("swift").Ledger("")); diff != "" {
		t.Errorf("ledger after replay, -before +after:\n%s", diff)
	}
	if got := again.Post(t, "/swift/labels", "k1", body("Ada", "Main St 1")); got != first {
		t.Errorf("repeat after replay = %+v; want %+v", got, first)
	}
	again.clock.Move(time.Second)
	if got := again.state(t, label); got != carrier.Delivered {
		t.Errorf("state a second later = %s; want %s", got, carrier.Delivered)
	}
	if got := len(again.Carrier("steady").Ledger("").Entries); got != 0 {
		t.Errorf("entries of the other carrier = %d; want 0", got)
	}
}

func mustJournal(t *testing.T, path string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, names := range []string{"Swift", "swift swift", "a/b", "1st", "ledger {x}"} {
		if _, err := carrier.Open(carrier.Config{Names: strings.Fields(names)}); !errors.Is(err, carrier.ErrName) {
			t.Errorf("Open(%q) = %v; want %v", names, err, carrier.ErrName)
		}
	}
}
