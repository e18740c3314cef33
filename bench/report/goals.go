package report

import (
	"fmt"

	"orpheus.example/bench/report/svg"
	"orpheus.example/bench/result"
	"orpheus.example/bench/scene"
)

// A goal is one row of what must show: two bounds, of which the second is the aim,
// and what was reached.
type goal struct {
	name      string
	must, aim string // as people read them
	reached   func(p *page) (text string, must, aim, ok bool)
}

// goals says what must show, what showed, and what that means.
func (p *page) goals() {
	p.say("## What must show\n")
	var rows [][]string
	for _, g := range goals() {
		text, must, aim, ok := g.reached(p)
		if !ok {
			text = "" // a unit without a figure
		}
		rows = append(rows, []string{g.name, g.must, g.aim, text, verdict(must, aim, ok)})
	}
	p.table([]string{"", "must", "aim", "measured", "met?"}, rows)
}

func verdict(must, aim, ok bool) string {
	switch {
	case !ok:
		return "not measured"
	case aim:
		return "yes, and the aim"
	case must:
		return "yes"
	}
	return "**no**"
}

// ratio is a goal of so many times.
func ratio(name string, must, aim float64, of func(p *page) (a, b float64)) goal {
	return goal{name, "≥ " + svg.Figure(must) + "×", "≥ " + svg.Figure(aim) + "×", func(p *page) (string, bool, bool, bool) {
		a, b := of(p)
		if a == 0 || b == 0 {
			return "", false, false, false
		}
		r := a / b
		return svg.Figure(r) + "×", r >= must, r >= aim, true
	}}
}

// atMost is a goal of no more than so much.
func atMost(name, unit string, must, aim float64, of func(p *page) result.Spread) goal {
	return goal{name, "≤ " + svg.Figure(must) + unit, "≤ " + svg.Figure(aim) + unit, func(p *page) (string, bool, bool, bool) {
		s := of(p)
		return figure(s) + unit, s.Median <= must, s.Median <= aim, s.N > 0
	}}
}

func goals() []goal {
	return []goal{
		ratio("orders/s placed→delivered, single against the peer", 8, 10, against(result.Single)),
		ratio("bundled against the peer", 20, 30, against(result.Bundled)),
		share("share of the computed limit, single", result.Single),
		share("share of the computed limit, bundled", result.Bundled),
		peersRate("single", result.Single),
		peersRate("bundled", result.Bundled),
		atMost("placed→delivered p99 at half of saturation, single", " ms", 250, 150, deliveredP99(scene.Half, result.Single)),
		atMost("placed→delivered p99 at half of saturation, bundled", " ms", 250, 150, deliveredP99(scene.Half, result.Bundled)),
		bare("single", result.Single),
		bare("bundled", result.Bundled),
		atMost("WAL per order, single", " kB", 25, 20, wal(result.Single)),
		atMost("WAL per order, bundled", " kB", 25, 20, wal(result.Bundled)),
		ratio("hot item against a thousand items", 0.5, 0.8, func(p *page) (float64, float64) {
			return p.rate(scene.Hot, result.Bundled).Median, p.rate(scene.Spread, result.Bundled).Median
		}),
		embedded(),
		atMost("idle processor time of all daemons, of one core", " %", 1, 0.5, func(p *page) result.Spread {
			return p.Timed(scene.Idle, result.Bundled, scene.Daemons+" %")
		}),
	}
}

// rate is how many orders a second were delivered.
func (p *page) rate(s string, m result.Mode) result.Spread { return p.Spread(s, m, result.Run.Rate) }

func against(m result.Mode) func(p *page) (float64, float64) {
	return func(p *page) (float64, float64) {
		return p.rate(scene.Saturation, m).Median, p.peerBest()
	}
}

// peerBest is what the peer does with the settings that serve it better.
func (p *page) peerBest() float64 {
	return max(p.rate(scene.Saturation, result.Peer).Median, p.rate(scene.Saturation, result.PeerCalm).Median)
}

func share(name string, m result.Mode) goal {
	const must, aim = 0.60, 0.75
	return goal{name, "≥ 60 %", "≥ 75 %", func(p *page) (string, bool, bool, bool) {
		limit, ok := p.limit(m)
		got := p.rate(scene.Saturation, m)
		if !ok || got.N == 0 {
			return "", false, false, false
		}
		r := got.Median / limit
		return fmt.Sprintf("%.0f %% (%s of %s)", 100*r, svg.Figure(got.Median), svg.Figure(limit)), r >= must, r >= aim, true
	}}
}

func deliveredP99(s string, m result.Mode) func(p *page) result.Spread {
	return func(p *page) result.Spread {
		return p.Spread(s, m, func(r result.Run) float64 { return ms(r.Load.Delivered.P99) })
	}
}

func wal(m result.Mode) func(p *page) result.Spread {
	return func(p *page) result.Spread {
		return p.Spread(scene.Saturation, m, func(r result.Run) float64 { return r.WALPerOrder() / 1000 })
	}
}

// peersRate is about the rate that is half of what the peer can do.
func peersRate(name string, m result.Mode) goal {
	const part, aim = 8, 50
	return goal{"placed→delivered p99 at half the peer's best rate, " + name, "≤ 1/8 of the peer's", "≤ 50 ms", func(p *page) (string, bool, bool, bool) {
		ours, peers := deliveredP99(scene.HalfPeer, m)(p), deliveredP99(scene.HalfPeer, result.Peer)(p)
		if ours.N == 0 || peers.N == 0 {
			return "", false, false, false
		}
		text := fmt.Sprintf("%s ms (1/%s of %s ms)", figure(ours), svg.Figure(peers.Median/ours.Median), svg.Figure(peers.Median))
		return text, ours.Median <= peers.Median/part, ours.Median <= aim, true
	}}
}

// bare compares PlaceOrder with one row and one commit behind gRPC, at the same
// rate and in the same round.
func bare(name string, m result.Mode) goal {
	const must, aim = 3, 2
	return goal{"PlaceOrder p99 at half of saturation against a bare commit, " + name, "≤ 3×", "≤ 2×", func(p *page) (string, bool, bool, bool) {
		var ratios []float64
		for _, r := range p.Find(scene.Half, m) {
			if c, ok := p.commit(r); ok {
				ratios = append(ratios, ms(r.Load.Place.P99)/ms(c.Took.P99))
			}
		}
		s := result.Of(ratios...)
		return figure(s) + "×", s.Median <= must, s.Median <= aim, s.N > 0
	}}
}

// commit returns the bare commit that was measured at the rate of a run.
func (p *page) commit(r result.Run) (result.Commit, bool) {
	for _, parts := range p.Parts {
		for _, c := range parts.Commits {
			if c.Rate == r.Load.Rate && c.Took.P99 > 0 {
				return c, true
			}
		}
	}
	return result.Commit{}, false
}

func embedded() goal {
	const must, aim = 2000, 3000
	return goal{"embedded, files with full durability", "≥ 2,000 orders/s", "≥ 3,000", func(p *page) (string, bool, bool, bool) {
		s := p.rate(scene.Embedded, result.OnFile)
		return figure(s) + " orders/s", s.Median >= must, s.Median >= aim, s.N > 0
	}}
}
