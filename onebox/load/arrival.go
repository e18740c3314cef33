package load

import (
	"encoding/binary"
	"encoding/hex"
	"iter"
	"math/rand/v2"
	"time"
)

// An arrival is an order that is to be sent.
type arrival struct {
	n       int64         // counted from 0
	at      time.Duration // when it is meant to be sent, since the start
	outcome Outcome
	list    int  // which of the shelf's lists of lines
	watched bool // by WatchOrder, if a watcher is free
}

// times yields when orders arrive, since the start, without end. The same seed
// gives the same times.
func (c Config) times() iter.Seq[time.Duration] {
	gaps := rand.New(rand.NewPCG(c.Seed, 0)) //nolint:gosec // to be repeated, not to be secret
	return func(yield func(time.Duration) bool) {
		// Counted in gaps of the mean length: adding up seconds would drift.
		for passed := 0.0; yield(time.Duration(passed / c.Rate * float64(time.Second))); {
			if c.Uniform {
				passed++
			} else {
				passed += gaps.ExpFloat64() // the gaps of a Poisson process
			}
		}
	}
}

// Each property of an order has a salt of its own, so that they do not depend on
// one another.
const (
	saltOutcome = iota + 1
	saltList
	saltWatch
)

// arrival returns the order with number n. Its properties follow from seed and
// number alone, whatever happens to the orders before it.
func (c Config) arrival(n int64, at time.Duration) arrival {
	return arrival{
		n: n, at: at,
		outcome: c.Mix.at(c.draw(n, saltOutcome)),
		list:    int(c.draw(n, saltList) * float64(c.SKUs)),
		watched: c.draw(n, saltWatch) < c.WatchShare,
	}
}

// draw returns a number from 0 up to 1 that follows from seed, n and salt: the
// output function of SplitMix64 (Steele, Lea, Flood 2014), applied twice.
func (c Config) draw(n int64, salt uint64) float64 {
	h := scramble(scramble(c.Seed+salt*0x9e3779b97f4a7c15) + uint64(n)*0x9e3779b97f4a7c15) //nolint:gosec // n is not negative
	return float64(h>>11) / (1 << 53)
}

func scramble(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// requestID returns the id of the n-th request of a kind: unique among all
// runs, because run is random, and the same again on a retry.
func requestID(run uint64, kind byte, n int64) string {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:], run)
	binary.BigEndian.PutUint64(raw[8:], uint64(n)) //nolint:gosec // n is not negative
	raw[8] = kind                                  // numbers do not come that far
	var text [36]byte
	hex.Encode(text[0:8], raw[0:4])
	hex.Encode(text[9:13], raw[4:6])
	hex.Encode(text[14:18], raw[6:8])
	hex.Encode(text[19:23], raw[8:10])
	hex.Encode(text[24:], raw[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// The kinds of requests.
const (
	kindPlace = iota
	kindCancel
	kindProbe
	kindList
	kindReceive
)
