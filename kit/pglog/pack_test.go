package pglog

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"orpheus.example/kit/eventlog"
)

// names draws what is a name, and what nearly has an id at its end.
func names() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`(order-|dead-|item|)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`),
		rapid.StringMatching(`[a-z]?[0-9a-gF]{8}[-_][0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{11,13}`),
		rapid.StringMatching(`\PC{0,60}`),
	)
}

func TestPackedNamesComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		one, other := names().Draw(t, "one"), names().Draw(t, "other")
		if fitName(one) != nil || fitName(other) != nil {
			t.Skip("no names")
		}
		if got := unpack(pack(one)); got != one {
			t.Errorf("unpack(pack(%q)) = %q; want the same", one, got)
		}
		if same := bytes.Equal(pack(one), pack(other)); same != (one == other) {
			t.Errorf("pack(%q) and pack(%q) are the same: %t; want %t", one, other, same, one == other)
		}
		e := &eventlog.Record{Stream: one, Correlation: other}
		if got := unpackCorrelation(appendCorrelation(nil, e, pack(one)), one); got != other {
			t.Errorf("correlation %q in stream %q comes back as %q", other, one, got)
		}
	})
}

// traces draws what is a trace, and what nearly has the usual form of one.
func traces() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}`),
		rapid.StringMatching(`0[01][-_][0-9a-gF]{32}[-_][0-9a-f]{16}[-_][0-9a-f]{1,3}`),
		names(),
	)
}

func TestPackedTracesComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		trace := traces().Draw(t, "trace")
		if fitName(trace) != nil {
			t.Skip("no text")
		}
		if got := unpackTrace(appendTrace(nil, trace)); got != trace {
			t.Errorf("unpackTrace(appendTrace(%q)) = %q; want the same", trace, got)
		}
	})
}

func TestPackedBodiesComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		stream := names().Draw(t, "stream")
		if fitName(stream) != nil {
			t.Skip("no name")
		}
		body := rapid.SliceOf(rapid.OneOf(
			rapid.SliceOfN(rapid.Byte(), 0, 20), rapid.SliceOfN(rapid.ByteRange(0, ' '), 0, 200),
			rapid.SampledFrom([][]byte{[]byte(stream), []byte(stream[max(0, len(stream)-idText):]), nil}),
		)).Draw(t, "body")
		e := &eventlog.Record{Stream: stream, Body: bytes.Join(body, nil)}
		packed := appendBody(nil, e, pack(stream))
		if got := unpackBody(packed, stream); !bytes.Equal(got, e.Body) || len(packed) > len(e.Body)+1 {
			t.Errorf("body %x of %q is packed as %x, and comes back as %x", e.Body, stream, packed, got)
		}
	})
}

func TestStreamsIDInABodyTakesAByte(t *testing.T) {
	t.Parallel()
	const id = "62d6dda0-f94c-5168-a722-7c422d953a48"
	e := &eventlog.Record{Stream: "order-" + id, Body: []byte("\x01" + id + id + "\\" + id[1:])}
	got := appendBody(nil, e, pack(e.Stream))
	if want := []byte("\x02\x01\x02\x02\\" + id[1:]); !bytes.Equal(got, want) {
		t.Errorf("appendBody(%q) = %q; want %q", e.Body, got, want)
	}
}

func TestTraceOfTheUsualFormTakes26Bytes(t *testing.T) {
	t.Parallel()
	if got := appendTrace(nil, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"); len(got) != 26 {
		t.Errorf("packTrace = %x; want 26 bytes", got)
	}
}

func TestCorrelationInStreamTakesAByte(t *testing.T) {
	t.Parallel()
	const id = "62d6dda0-f94c-5168-a722-7c422d953a48"
	e := &eventlog.Record{Stream: "order-" + id, Correlation: id}
	got := appendCorrelation(nil, e, pack(e.Stream))
	if !bytes.Equal(got, []byte{inStream}) || unpackCorrelation(got, e.Stream) != id {
		t.Errorf("appendCorrelation(%s in %s) = %x; want %x, and the same back", id, e.Stream, got, inStream)
	}
}

func TestNamesWithAZeroByteAreNotFit(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"\x00", "a\x00", "\xff", "\x00aaaaaaaaaaaaaaaaorder-"} {
		if fitName(name) == nil {
			t.Errorf("fitName(%q) = nil; want an error", name)
		}
	}
}
