package report

import (
	"time"

	"orpheus.example/bench/report/svg"
	"orpheus.example/bench/result"
)

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// figure returns a median, with how far the measurements went if that can be seen
// in what is shown of them; empty if there is none.
func figure(s result.Spread) string {
	least, most := svg.Figure(s.Least), svg.Figure(s.Most)
	switch {
	case s.N == 0:
		return ""
	case least == most:
		return least
	}
	return svg.Figure(s.Median) + " (" + least + "–" + most + ")"
}

// names of modes and their colours.
var looks = map[result.Mode]struct {
	name  string
	color int
}{
	result.Peer: {"peer", 0}, result.PeerCalm: {"peer, poll 50 ms", 0}, result.Single: {"single", 1}, result.Bundled: {"bundled", 2},
	result.OnFile: {"embedded, files", 3}, result.InMind: {"embedded, memory", 3},
}

// compared are the modes of the comparison.
var compared = []result.Mode{result.Peer, result.PeerCalm, result.Single, result.Bundled}
