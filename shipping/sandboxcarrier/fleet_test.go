package sandboxcarrier_test

import (
	"testing"

	"orpheus.example/shipping/sandboxcarrier"
)

func TestFleetKeepsTheOrder(t *testing.T) {
	t.Parallel()
	var f sandboxcarrier.Fleet
	if err := f.UnmarshalText([]byte("swift=http://h:1/a, snail2=https://h/b?c=d")); err != nil {
		t.Fatal(err)
	}
	if len(f) != 2 || f[0].Name != "swift" || f[1].Name != "snail2" || f[0].Carrier == nil {
		t.Errorf("fleet = %+v; want swift, then snail2", f)
	}
}

func TestFleetRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "swift", "=http://h/", "Swift=http://h/", "a-b=http://h/", "swift=h", "swift=http://h/,", "a=http://h/,a=http://g/",
	} {
		var f sandboxcarrier.Fleet
		if err := f.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("UnmarshalText(%q) = nil; want an error", text)
		}
	}
}

func TestFleetMayHoldAStandIn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"swift=http://h/a,steady=instant:": true, "swift=http://h/a": false} {
		var f sandboxcarrier.Fleet
		if err := f.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := f.Instant(); got != want {
			t.Errorf("Instant(%q) = %t; want %t", text, got, want)
		}
	}
}
