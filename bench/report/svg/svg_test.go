package svg

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestFigure(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{
		0: "0", 0.123: "0.12", 1.5: "1.5", 2: "2", 12.34: "12.3", 20: "20", 123.4: "123", 1234.5: "1,235", 1234567: "1,234,567", 999.9: "1000",
	} {
		if got := Figure(v); got != want {
			t.Errorf("Figure(%g) = %q; want %q", v, got, want)
		}
	}
}

// wellFormed fails the test unless text is XML.
func wellFormed(t *testing.T, text string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		switch _, err := d.Token(); {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			t.Fatalf("chart is no XML: %v\n%s", err, text)
		}
	}
}

func TestChartsAreWellFormed(t *testing.T) {
	t.Parallel()
	bars := Bars(`a & b "c"`, " orders/s", []Bar{{Name: "<peer>", Value: 10, Least: 8, Most: 12, Mark: 20}, {Name: "none"}})
	wellFormed(t, bars)
	wellFormed(t, Bars("empty", "", nil))
	curves := Curves("latency", []Curve{{Name: "a<b", Points: []Point{{0, 1}, {50, 3}, {99.99, 900}}}, {Name: "empty"}})
	wellFormed(t, curves)
	wellFormed(t, Curves("empty", nil))
	if strings.Contains(bars+curves, "NaN") || strings.Contains(bars+curves, "Inf") {
		t.Errorf("a chart holds what is no number:\n%s\n%s", bars, curves)
	}
}

func TestAlongRises(t *testing.T) {
	t.Parallel()
	last := -1.0
	for _, p := range append(nines, 100) {
		at := along(p)
		if at < last || at > 1 {
			t.Errorf("along(%g) = %g after %g; want it to rise to 1", p, at, last)
		}
		last = at
	}
}
