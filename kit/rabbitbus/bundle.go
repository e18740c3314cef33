package rabbitbus

import "orpheus.example/kit/bus"

// Limits of a bundle that is written. What more would gain is little, and a
// bundle is never bigger than the biggest message that travels by itself, so
// all that is reckoned in messages holds for bundles, too.
const (
	maxBundle      = 64
	maxBundleBytes = bus.MaxBody
)

// A kind is what all facts of one bundle have in common: with the partition the
// type is the routing key, and a fact that must be heard does not share its fate
// with one that need not.
type kind struct {
	name      string // full name of the type
	partition int
	terminal  bool
}

// A bundle is facts that travel in one message.
type bundle struct {
	kind   kind
	facts  []int // their places in what was published, in order
	bytes  int   // about
	closed bool  // it takes no more
}

// A bundler puts facts into bundles. Two facts of one stream are never inverted:
// each stream stands in one open bundle at most, because the bundle that it
// stands in is closed before the stream gets into another one, and bundles are
// sent in the order in which they are closed.
type bundler struct {
	limit   int       // how many facts a bundle holds
	open    []*bundle // in the order of their first facts; there are few kinds
	closed  []*bundle // in the order of sending
	streams map[string]*bundle
}

func newBundler(limit, facts int) *bundler {
	return &bundler{limit: limit, streams: make(map[string]*bundle, facts)}
}

// add puts a fact at a place into a bundle.
func (b *bundler) add(place int, k kind, stream string, bytes int) {
	if s := b.streams[stream]; s != nil && !s.closed && s.kind != k {
		b.close(s)
	}
	to := b.find(k)
	if to != nil && (len(to.facts) == b.limit || to.bytes+bytes > maxBundleBytes) {
		b.close(to)
		to = nil
	}
	if to == nil {
		to = &bundle{kind: k}
		b.open = append(b.open, to)
	}
	to.facts = append(to.facts, place)
	to.bytes += bytes
	b.streams[stream] = to
}

func (b *bundler) find(k kind) *bundle {
	for _, o := range b.open {
		if o.kind == k {
			return o
		}
	}
	return nil
}

func (b *bundler) close(gone *bundle) {
	gone.closed = true
	b.closed = append(b.closed, gone)
	for i, o := range b.open {
		if o == gone {
			b.open = append(b.open[:i], b.open[i+1:]...)
			return
		}
	}
}

// bundles closes what is still open, and returns all bundles in the order in
// which they must be sent.
func (b *bundler) bundles() []*bundle {
	for _, o := range b.open {
		o.closed = true
	}
	b.closed, b.open = append(b.closed, b.open...), nil
	return b.closed
}
