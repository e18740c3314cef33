package load

import (
	"encoding/binary"
	"iter"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
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

// requestID returns the id of the n-th request of a kind, which is due at a time since
// the start: a UUID of version 7, unique among all runs, because the run's id is random,
// and the same again on a retry.
func (r *run) requestID(kind byte, n int64, at time.Duration) string {
	var id uuid.UUID
	ms := uint64(r.start.Add(at).UnixMilli())
	binary.BigEndian.PutUint64(id[:], ms<<16|7<<12|uint64(kind)<<8|r.id>>56)  // 48 bits, 4, 4, 8
	binary.BigEndian.PutUint64(id[8:], 2<<62|r.id<<42>>2|uint64(n)&(1<<40-1)) //nolint:gosec // 2 bits, 22, 40
	return id.String()
}

// The kinds of requests.
const (
	kindPlace = iota
	kindCancel
	kindProbe
	kindList
	kindReceive
)
