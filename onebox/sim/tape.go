package sim

import "math/rand/v2"

// A tape is what a schedule draws its choices from, and the record of what it
// drew.
type tape struct {
	source rand.PCG
	fixed  bool // draw from given, and zeros behind its end
	given  []byte
	used   []byte
}

// seed has the tape follow from a seed.
func (t *tape) seed(seed uint64) {
	t.source.Seed(seed, 0x6f7270686575735f)
	t.fixed, t.given, t.used = false, nil, t.used[:0]
}

// fix has the tape be what is given.
func (t *tape) fix(given []byte) { t.fixed, t.given, t.used = true, given, t.used[:0] }

// draw returns a number below n, which is at most 256. What is rarely wanted must
// be a high one: a zero is what happens when nothing happens.
func (t *tape) draw(n int) int {
	var b byte
	switch {
	case !t.fixed:
		b = byte(t.source.Uint64() >> 56)
	case len(t.used) < len(t.given):
		b = t.given[len(t.used)]
	}
	t.used = append(t.used, b)
	return int(b) * n >> 8
}

// chance reports true in about n of 256 cases.
func (t *tape) chance(n int) bool { return t.draw(256) >= 256-n }
