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
func Modes() []result.Mode { return []result.Mode{result.Peer, result.Single, result.Bundled} }

// compare measures every mode, one after the other, each on a stand of its own.
func compare(ctx context.Context, b *Bench) error {
	for _, mode := range b.Modes {
		open := func(f func(*stand.Stand) error) error { return b.shop(ctx, mode, 1, f) }
		if mode == result.Peer {
			open = func(f func(*stand.Stand) error) error {
				s, err := stand.OpenPeer(ctx, b.Bin)
				return with(s, err, f)
			}
		}
		if err := open(func(s *stand.Stand) error { return b.compareOne(ctx, s) }); err != nil {
			return err
		}
	}
	return nil
}

// compareOne measures one mode at four loads, and checks the books.
func (b *Bench) compareOne(ctx context.Context, s *stand.Stand) error {
	full, err := b.measure(ctx, s, Saturation, b.saturation(s.Mode), true)
	if err != nil {
		return err
	}
	accepted := full.Load.Accepted
	loads := []struct {
		scene  string
		config load.Config
	}{{Half, b.rate(max(1, full.Rate()/2))}, {Fifty, b.rate(50)}}
	if best := b.peerBest(); best > 0 {
		loads = append(loads, struct {
			scene  string
			config load.Config
		}{HalfPeer, b.rate(max(1, best/2))})
	}
	if b.Plan.Quick {
		loads = loads[:1] // the others are the same at other rates
	}
	for _, one := range loads {
		run, err := b.measure(ctx, s, one.scene, one.config, false)
		if err != nil {
			return err
		}
		accepted += run.Load.Accepted
	}
	return b.check(ctx, s, accepted)
}

// peerBest is the most that the peer has delivered in a second, 0 if it has not
// run.
func (b *Bench) peerBest() float64 {
	return b.Results.Spread(Saturation, result.Peer, result.Run.Rate).Most
}
