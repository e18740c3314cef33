package sandboxcarrier_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"orpheus.example/sandbox"
	"orpheus.example/sandbox/carrier"
	"orpheus.example/sandbox/faults"
	"orpheus.example/shipping"
	"orpheus.example/shipping/sandboxcarrier"
	"orpheus.example/shipping/shippingd"
)

// Kinds of outcome that a caller must tell apart.
const (
	done    = "done"
	refused = "refused"
	unfit   = "unfit"
	unclear = "unclear"
)

func outcome(err error) string {
	var no shippingd.Refusal
	switch {
	case err == nil:
		return done
	case errors.As(err, &no):
		return refused
	case errors.Is(err, shippingd.ErrUnfit):
		return unfit
	}
	return unclear
}

// A clock is moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func mustOpen(t *testing.T) (*sandboxcarrier.Client, *sandbox.World, *clock) {
	t.Helper()
	now := &clock{now: time.Now()}
	world, err := sandbox.Open(sandbox.Config{Now: now.Now})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(world.Handler())
	t.Cleanup(web.Close)
	return mustNew(t, web.URL+"/carriers/swift"), world, now
}

func mustNew(t *testing.T, url string) *sandboxcarrier.Client {
	t.Helper()
	c, err := sandboxcarrier.New(url)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func parcel(key, street string) shipping.CallBook {
	return shipping.CallBook{
		Key: key, Carrier: "swift", Order: "o1", Name: "Ann",
		ShipTo: shipping.Address{Street: street, Extra: "b", City: "Ghent", Region: "OV", PostalCode: "9000", CountryCode: "BE"},
		Lines:  []shipping.Line{{SKU: "TEAPOT", Quantity: 2}},
	}
}

func mustBook(t *testing.T, c *sandboxcarrier.Client, key, street string) shippingd.Label {
	t.Helper()
	l, err := c.Book(t.Context(), parcel(key, street))
	if err != nil || l.ID == "" || l.Tracking == "" {
		t.Fatalf("Book(%s) = %+v, %v; want a label", key, l, err)
	}
	return l
}

func check(t *testing.T, what string, err error, want string) {
	t.Helper()
	if got := outcome(err); got != want {
		t.Errorf("%s = %v, which is %s; want %s", what, err, got, want)
	}
}

func TestBook(t *testing.T) {
	t.Parallel()
	c, world, _ := mustOpen(t)
	first := mustBook(t, c, "k1", "1 Main St")
	if again := mustBook(t, c, "k1", "1 Main St"); again != first {
		t.Errorf("label is %+v, and repeated %+v; want the same", first, again)
	}
	kept, _ := world.Carriers.Carrier("swift").Label(first.ID)
	want := carrier.Address{Line1: "1 Main St", Line2: "b", City: "Ghent", Region: "OV", PostalCode: "9000", Country: "BE"}
	if kept.Address != want || kept.Reference != "o1" || kept.Name != "Ann" || len(kept.Lines) != 1 {
		t.Errorf("the carrier has %+v; want the whole parcel", kept)
	}
	_, err := c.Book(t.Context(), parcel("k2", "1 REFUSE St"))
	check(t, "Book(refused)", err, refused)
	if no := (shippingd.Refusal{}); !errors.As(err, &no) || no.Code != "address_refused" || no.Message == "" {
		t.Errorf("refused with %+v; want address_refused, with words", no)
	}
	_, err = c.Book(t.Context(), parcel("k3", ""))
	check(t, "Book(no street)", err, refused)
	_, err = c.Book(t.Context(), parcel("k1", "2 Main St"))
	check(t, "Book(key of another parcel)", err, unfit)
}

func TestHandOverTrackAndCancel(t *testing.T) {
	t.Parallel()
	c, _, now := mustOpen(t)
	track := func(label string, want shipping.Status) {
		t.Helper()
		got, _, err := c.Track(t.Context(), shipping.CallTrack{Carrier: "swift", Label: label})
		if got != want || err != nil {
			t.Errorf("Track(%s) = %v, %v; want %v", label, got, err, want)
		}
	}
	label, off, lost := mustBook(t, c, "k1", "1 Main St").ID, mustBook(t, c, "k2", "1 Main St").ID, mustBook(t, c, "k3", "1 LOST St").ID
	track(label, shipping.NoWord)
	for range 2 {
		check(t, "Cancel", c.Cancel(t.Context(), shipping.CallCancel{Label: off}), done)
		check(t, "HandOver", c.HandOver(t.Context(), shipping.CallHandOver{Label: label}), done)
		check(t, "HandOver", c.HandOver(t.Context(), shipping.CallHandOver{Label: lost}), done)
	}
	check(t, "HandOver(cancelled)", c.HandOver(t.Context(), shipping.CallHandOver{Label: off}), unfit)
	check(t, "Cancel(handed over)", c.Cancel(t.Context(), shipping.CallCancel{Label: label}), unfit)
	check(t, "Cancel(unknown)", c.Cancel(t.Context(), shipping.CallCancel{Label: "lbl_none"}), unfit)
	track(label, shipping.NoWord)
	now.pass(carrier.TransitAfter)
	track(label, shipping.InTransit)
	now.pass(carrier.DeliveredAfter)
	track(label, shipping.Arrived)
	track(lost, shipping.Missing)
	track(off, shipping.NoWord)
}

// Whenever it is not certain that nothing was done, and never will be, the call
// has to be made again.
func TestUnclearOutcomes(t *testing.T) {
	t.Parallel()
	c, world, _ := mustOpen(t)
	_, err := c.Book(t.Context(), parcel("lost", "1 TIMEOUT AFTER St"))
	check(t, "Book(answer lost)", err, unclear)
	_, err = c.Book(t.Context(), parcel("lost", "1 TIMEOUT AFTER St"))
	check(t, "Book(again)", err, done)
	if err := world.Faults.Set(map[string]faults.Mode{"swift": {Kind: faults.Down}}); err != nil {
		t.Fatal(err)
	}
	_, err = c.Book(t.Context(), parcel("down", "1 Main St"))
	check(t, "Book(down)", err, unclear)
	_, _, err = c.Track(t.Context(), shipping.CallTrack{Label: "lbl_1"})
	check(t, "Track(down)", err, unclear)
	_, err = mustNew(t, "http://127.0.0.1:1").Book(t.Context(), parcel("gone", "1 Main St"))
	check(t, "Book(nobody there)", err, unclear)
}

// What stands between us and the carrier does not speak for it.
func TestStrangersAnswers(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"page_of_a_proxy":      {http.StatusNotFound, "<html>", unclear},
		"yes_without_an_id":    {http.StatusOK, "{}", unclear},
		"too_many_requests":    {http.StatusTooManyRequests, `{"code":"slow_down"}`, unclear},
		"fault_of_the_carrier": {http.StatusInternalServerError, `{"code":"oops"}`, unclear},
		"code_nobody_knows":    {http.StatusGone, `{"code":"moved"}`, unfit},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(answer.status)
				_, _ = io.WriteString(w, answer.body) // the client has left if it fails
			}))
			t.Cleanup(web.Close)
			_, err := mustNew(t, web.URL).Book(t.Context(), parcel("k", "1 Main St"))
			check(t, "Book", err, answer.want)
		})
	}
}

func TestNewRefusesWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "swift", "ftp://host/", "http://", "http://\x00"} {
		if _, err := sandboxcarrier.New(base); err == nil {
			t.Errorf("New(%q) = nil error; want one", base)
		}
	}
}
