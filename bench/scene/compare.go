package scene

import (
	"context"

	"orpheus.example/bench/result"
	"orpheus.example/bench/stand"
	"orpheus.example/onebox/load"
)

// The loads of the comparison.
const (
	Saturation = "saturation"
	Half       = "half of saturation"
	Fifty      = "50/s"
	HalfPeer   = "half of peer"
)

// Modes are what is compared. The peer comes first: what it can do is a rate that
// the others are measured at.
func Modes() []result.Mode {
	return []result.Mode{result.Peer, result.PeerCalm, result.Single, result.Bundled}
}

// compare measures every mode, one after the other, each on a stand of its own.
func compare(b *Bench) []piece {
	var pieces []piece
	for _, mode := range b.Modes {
		if mode == result.PeerCalm {
			if b.Plan.Form == result.Full || b.Plan.Form == result.Brief && b.round <= 2 {
				pieces = append(pieces, piece{string(mode), b.takes(0, 1), b.peerCalm})
			}
			continue
		}
		pieces = append(pieces, piece{string(mode), b.takes(1, len(b.rates(mode))), func(ctx context.Context) error {
			return b.open(ctx, mode, func(s *stand.Stand) error { return b.compareOne(ctx, s) })
		}})
	}
	return pieces
}

// peerCalm finds out whether the peer does more if its forwarders are calmer: it
// is compared as it does best.
func (b *Bench) peerCalm(ctx context.Context) error {
	return b.open(ctx, result.PeerCalm, func(s *stand.Stand) error {
		run, err := b.measure(ctx, s, Saturation, b.saturation(s.Mode), true)
		if err != nil {
			return err
		}
		return b.check(ctx, s, run.Load.Accepted)
	})
}

// open opens a stand of the comparison, has f work with it, and closes it.
func (b *Bench) open(ctx context.Context, mode result.Mode, f func(*stand.Stand) error) error {
	if mode == result.Peer || mode == result.PeerCalm {
		s, err := stand.OpenPeer(ctx, mode, b.Bin)
		return with(s, err, f)
	}
	return b.shop(ctx, mode, 1, f)
}

// rates returns the loads at a rate that a mode gets in this round, besides the
// one at saturation. A brief bench measures the latencies that goals speak of
// twice at most. Half of its own best is also half the peer's best for the peer.
func (b *Bench) rates(mode result.Mode) []string {
	loads := []string{Half}
	switch {
	case b.Plan.Form == result.Quick, b.Plan.Form == result.Brief && b.round == 2:
		return loads // the others are the same at other rates
	case b.Plan.Form == result.Brief && b.round > 2:
		return nil
	}
	loads = append(loads, Fifty)
	if mode != result.Peer {
		loads = append(loads, HalfPeer)
	}
	return loads
}

// compareOne measures one mode at its loads, and checks the books.
func (b *Bench) compareOne(ctx context.Context, s *stand.Stand) error {
	full, err := b.measure(ctx, s, Saturation, b.longer(b.saturation(s.Mode)), true)
	if err != nil {
		return err
	}
	accepted := full.Load.Accepted
	perSecond := map[string]float64{Half: full.Rate() / 2, Fifty: 50, HalfPeer: b.peerBest() / 2}
	for _, scene := range b.rates(s.Mode) {
		if perSecond[scene] == 0 {
			continue // the peer has not run
		}
		run, err := b.measure(ctx, s, scene, b.rate(max(1, perSecond[scene])), false)
		if err != nil {
			return err
		}
		accepted += run.Load.Accepted
		if s.Mode == result.Peer && scene == Half {
			run.Scene = HalfPeer // which it is as well
			b.Results.Runs = append(b.Results.Runs, run)
		}
	}
	return b.check(ctx, s, accepted)
}

// longer makes a load that of a mode's saturation in the comparison, which is
// measured for longer than others.
func (b *Bench) longer(c load.Config) load.Config {
	c.Warmup, c.Duration = b.Plan.Warmup, b.Plan.Duration
	return c
}

// peerBest is the most that the peer has delivered in a second, 0 if it has not
// run.
func (b *Bench) peerBest() float64 {
	best := func(m result.Mode) float64 { return b.Results.Spread(Saturation, m, result.Run.Rate).Most }
	return max(best(result.Peer), best(result.PeerCalm))
}
