package notifyd

import (
	"testing"

	"orpheus.example/notify"
)

// BenchmarkLetter writes one mail, of which an order that goes well has five.
func BenchmarkLetter(b *testing.B) {
	m := cancellation
	m.News = notify.Confirmed
	b.ReportAllocs()
	for b.Loop() {
		if _, err := compose(m); err != nil {
			b.Fatal(err)
		}
	}
}
