package faults_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"orpheus.example/sandbox/faults"
	"orpheus.example/sandbox/internal/wiretest"
)

func TestParseMode(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"ok", "down", "slow", "hang", "error_rate:0", "error_rate:0.3", "error_rate:1"} {
		m, err := faults.ParseMode(text)
		if err != nil || m.String() != text {
			t.Errorf("ParseMode(%q) = %v, %v; want itself", text, m, err)
		}
	}
	for _, text := range []string{"", "OK", "up", "down:1", "error_rate", "error_rate:", "error_rate:1.1", "error_rate:-1", "error_rate:NaN", "error_rate:x"} {
		if m, err := faults.ParseMode(text); !errors.Is(err, faults.ErrUnknownMode) {
			t.Errorf("ParseMode(%q) = %v, %v; want %v", text, m, err, faults.ErrUnknownMode)
		}
	}
	if got := (faults.Mode{}).String(); got != "ok" {
		t.Errorf("zero Mode = %q; want ok", got)
	}
}

func TestSwitches(t *testing.T) {
	t.Parallel()
	c := wiretest.Start(t, faults.New(faults.Config{Names: []string{"bank", "post"}}))
	steps := []struct {
		name, post, want, then string
	}{
		{"nothing_changes_nothing", `{}`, "200", `{"bank":{"mode":"ok"},"post":{"mode":"ok"}}`},
		{"one_is_set", `{"bank":{"mode":"error_rate:0.3"}}`, "200", `{"bank":{"mode":"error_rate:0.3"},"post":{"mode":"ok"}}`},
		{"the_other_too", `{"post":{"mode":"hang"}}`, "200", `{"bank":{"mode":"error_rate:0.3"},"post":{"mode":"hang"}}`},
		{"unknown_name_sets_none", `{"bank":{"mode":"ok"},"fax":{"mode":"ok"}}`, "422 switch_unknown", `{"bank":{"mode":"error_rate:0.3"},"post":{"mode":"hang"}}`},
		{"unknown_mode_sets_none", `{"bank":{"mode":"sulk"}}`, "400 body_malformed", `{"bank":{"mode":"error_rate:0.3"},"post":{"mode":"hang"}}`},
		{"both_back", `{"bank":{"mode":"ok"},"post":{"mode":"ok"}}`, "200", `{"bank":{"mode":"ok"},"post":{"mode":"ok"}}`},
	}
	for _, s := range steps { // one after the other: each starts from the one before
		if got := c.Post(t, "/switches", "", s.post); got.String() != s.want {
			t.Errorf("%s: POST = %s; want %s", s.name, got, s.want)
		}
		if got := c.Get(t, "/switches").Body; got != s.then+"\n" {
			t.Errorf("%s: GET = %s; want %s", s.name, got, s.then)
		}
	}
}

// gated serves "done" behind the switch "bank", at a speed where slow is 30 ms.
func gated(random func() float64) (*faults.Board, http.Handler) {
	b := faults.New(faults.Config{Names: []string{"bank"}, Speed: 100, Random: random})
	return b, b.Gate("bank", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "done")
	}))
}

func set(t *testing.T, b *faults.Board, name, mode string) {
	t.Helper()
	m, err := faults.ParseMode(mode)
	if err == nil {
		err = b.Set(map[string]faults.Mode{name: m})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestGate(t *testing.T) {
	t.Parallel()
	chance := 0.5
	b, h := gated(func() float64 { return chance })
	c := wiretest.Start(t, h)
	for _, tt := range []struct{ mode, want string }{
		{"ok", "200"},
		{"down", "503 unavailable"},
		{"slow", "200"},
		{"error_rate:0.5", "200"}, // 0.5 is not below 0.5
		{"error_rate:0.6", "503 unavailable"},
		{"error_rate:0", "200"},
	} {
		set(t, b, "bank", tt.mode)
		start := time.Now()
		if got := c.Get(t, "/"); got.String() != tt.want {
			t.Errorf("mode %s: GET = %s; want %s", tt.mode, got, tt.want)
		}
		if took := time.Since(start); tt.mode == "slow" && took < b.Scale(faults.SlowFor) {
			t.Errorf("mode slow: GET took %v; want %v or more", took, b.Scale(faults.SlowFor))
		}
	}
}

// TestHangOutlastsReadTimeout: the server's read timeout must not end a hang,
// or callers would see a quick end instead of no end.
func TestHangOutlastsReadTimeout(t *testing.T) {
	t.Parallel()
	b, h := gated(nil)
	set(t, b, "bank", "hang")
	s := httptest.NewUnstartedServer(h)
	s.Config.ReadTimeout = 50 * time.Millisecond
	s.Start()
	defer s.Close() // waits for the handler: the hang ends when its caller leaves
	if !wiretest.New(s.URL).Hangs(t, "/", "", `{"a":1}`, 400*time.Millisecond) {
		t.Error("the call was answered, or its connection closed; want no end")
	}
}

func TestQuirks(t *testing.T) {
	t.Parallel()
	b := faults.New(faults.Config{Names: []string{"bank"}, Speed: 100})
	c := wiretest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.Before(w, r, faults.Quirk(r.URL.Query().Get("quirk")), r.URL.Path) {
			_, _ = io.WriteString(w, "done")
		}
	}))
	for i, want := range []string{"503 unavailable", "503 unavailable", "200", "503 unavailable"} {
		if got := c.Get(t, "/a?quirk=flaky"); got.String() != want {
			t.Errorf("flaky try %d = %s; want %s", i+1, got, want)
		}
	}
	if got := c.Get(t, "/b?quirk=flaky"); got.Status != http.StatusServiceUnavailable {
		t.Errorf("flaky try of another thing = %s; want 503", got)
	}
	if got := c.Get(t, "/c?quirk=slow"); got.Status != http.StatusOK {
		t.Errorf("slow = %s; want 200", got)
	}
	if !c.Hangs(t, "/d?quirk=hang", "", "", 200*time.Millisecond) {
		t.Error("quirk hang was answered; want no end")
	}
}

// TestTriesAreBounded: more flaky things than there is memory for, none of
// which is ever tried again, and the board still knows what it is asked.
func TestTriesAreBounded(t *testing.T) {
	t.Parallel()
	b := faults.New(faults.Config{Names: []string{"bank"}})
	for i := range 25_000 {
		b.FailTry(fmt.Sprint(i), 1)
	}
	if !b.FailTry("last", 1) || b.FailTry("last", 1) {
		t.Error("FailTry(last, 1) twice; want true, then false")
	}
}
