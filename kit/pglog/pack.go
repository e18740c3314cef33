package pglog

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/groupcommit"
)

// Names of streams, correlations and causations mostly end with a UUID, or are one.
// They are kept packed: a zero byte, the 16 bytes of the id, and what stands before
// it. Any other name is kept as its UTF-8, which has no zero byte, so no two names
// become the same. The database's functions pack and unpack do the same, for who looks
// at it by other means. Traces and bodies are packed in ways of their own, and so are
// causations that carry a mark.

// How many letters they have.
const (
	idText    = 36 // a UUID
	traceText = 55 // a W3C traceparent of version 00
)

// inStream is kept of a correlation that is the id at the end of the stream's name.
const inStream = 0

// errNoText says that a name cannot be kept, nor has ever been.
var errNoText = errors.New("name or trace is not UTF-8, or has a zero byte")

// pack returns a name as it is kept. It must be fit.
func pack(name string) []byte { return appendName(nil, name) }

// appendName appends a name as it is kept. It must be fit.
func appendName(to []byte, name string) []byte {
	var id [16]byte
	before := len(name) - idText
	if before < 0 || !parseID(id[:], name[before:]) {
		return append(to, name...)
	}
	return append(append(append(to, 0), id[:]...), name[:before]...)
}

// appendCorrelation appends an event's correlation as it is kept, if its stream is
// kept as packed.
func appendCorrelation(to []byte, e *eventlog.Record, packed []byte) []byte {
	if len(packed) > 0 && packed[0] == 0 && e.Correlation == e.Stream[len(e.Stream)-idText:] {
		return append(to, inStream)
	}
	return appendName(to, e.Correlation)
}

func packAll(names []string) *column {
	c := &column{}
	for _, name := range names {
		c.add(naming(name))
	}
	return c
}

// appendBody appends an event's body as it is kept, if its stream is kept as packed. Most
// bodies name what it happened to, often several times, by the id at the end of the
// stream's name: a single byte is left of that, one that is nowhere in the body. It
// comes first; a zero byte says that the rest is as it was. The database's function
// unpack_body reads it, too.
func appendBody(to []byte, e *eventlog.Record, packed []byte) []byte {
	if len(packed) > 0 && packed[0] == 0 {
		id := []byte(e.Stream[len(e.Stream)-idText:])
		if spare := spareByte(e.Body); spare != 0 && bytes.Contains(e.Body, id) {
			return appendWithout(append(to, spare), e.Body, id, spare)
		}
	}
	return append(append(to, 0), e.Body...)
}

// appendWithout appends body with spare in the place of each id.
func appendWithout(to, body, id []byte, spare byte) []byte {
	for {
		before, after, found := bytes.Cut(body, id)
		to = append(to, before...)
		if !found {
			return to
		}
		to, body = append(to, spare), after
	}
}

// spareByte returns a byte that is not in body, and zero if all that would do are. It
// is a control character, which means nothing to the format in which the database's
// function looks at bodies.
func spareByte(body []byte) byte {
	for b := byte(1); b < ' '; b++ {
		if bytes.IndexByte(body, b) < 0 {
			return b
		}
	}
	return 0
}

// unpackBody returns what was packed by appendBody, in an event whose stream is known.
func unpackBody(packed []byte, stream string) []byte {
	if len(packed) == 0 || packed[0] == 0 {
		return packed[min(1, len(packed)):]
	}
	return bytes.ReplaceAll(packed[1:], packed[:1], []byte(stream[max(0, len(stream)-idText):]))
}

// isID reports whether a name is an id, in its usual form, and nothing else.
func isID(name string, id uuid.UUID) bool {
	var parsed uuid.UUID
	return len(name) == idText && parseID(parsed[:], name) && parsed == id
}

// marking begins a causation that carries a mark: no text has such a byte.
const marking = 0xff

// appendMark appends the causation of an event that carries m, whose id it also is: the
// digest, the id and the consumer. The last two are what must be unique.
func appendMark(to []byte, m *eventlog.Mark) []byte {
	to = binary.BigEndian.AppendUint64(append(to, marking), uint64(m.Digest)) //nolint:gosec // any 64 bits will do
	return append(append(to, m.ID[:]...), m.Consumer...)
}

// unpackCause returns a causation, whether it carries a mark or not.
func unpackCause(packed []byte) string {
	if len(packed) < 25 || packed[0] != marking {
		return unpack(packed)
	}
	return uuid.UUID(packed[9:25]).String()
}

// unpack returns what was packed.
func unpack(packed []byte) string {
	if len(packed) < 17 || packed[0] != 0 {
		return string(packed)
	}
	var room [128]byte
	name := append(room[:0], packed[17:]...)
	for i, b := range packed[1:17] {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			name = append(name, '-')
		}
		name = hex.AppendEncode(name, []byte{b})
	}
	return string(name)
}

// unpackCorrelation returns what was packed by appendCorrelation, in an event whose
// stream is known.
func unpackCorrelation(packed []byte, stream string) string {
	if len(packed) == 1 && packed[0] == 0 {
		return stream[max(0, len(stream)-idText):]
	}
	return unpack(packed)
}

// appendTrace appends a W3C traceparent as it is kept. One of version 00, in its usual
// form, is that version and the bytes of the two ids and the flags; any other is its
// UTF-8. The database's functions pack_trace and unpack_trace do the same.
func appendTrace(to []byte, trace string) []byte {
	if len(trace) != traceText || trace[:3] != "00-" || trace[35] != '-' || trace[52] != '-' {
		return append(to, trace...)
	}
	var packed [1 + 16 + 8 + 1]byte
	if !parseHex(packed[1:17], trace[3:]) || !parseHex(packed[17:25], trace[36:]) || !parseHex(packed[25:], trace[53:]) {
		return append(to, trace...)
	}
	return append(to, packed[:]...)
}

// unpackTrace returns what was packed by appendTrace.
func unpackTrace(packed []byte) string {
	if len(packed) != 26 || packed[0] != 0 {
		return string(packed)
	}
	var room [traceText]byte
	trace := hex.AppendEncode(append(room[:0], "00-"...), packed[1:17])
	trace = hex.AppendEncode(append(trace, '-'), packed[17:25])
	trace = hex.AppendEncode(append(trace, '-'), packed[25:])
	return string(trace)
}

// parseID puts the bytes of a UUID of the usual form, in small letters, into id. It
// reports false if text is not of that form: in another it would not come back as it
// was.
func parseID(id []byte, text string) bool {
	for i, at := 0, 0; i < 16; i++ {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			if text[at] != '-' {
				return false
			}
			at++
		}
		if !parseHex(id[i:i+1], text[at:]) {
			return false
		}
		at += 2
	}
	return true
}

// parseHex fills a slice with what text begins with. It reports false if that is not
// hexadecimal, in small letters.
func parseHex(to []byte, text string) bool {
	for i := range to {
		high, low := digit(text[2*i]), digit(text[2*i+1])
		if high|low > 15 {
			return false
		}
		to[i] = high<<4 | low
	}
	return true
}

// digit returns what a hexadecimal digit is worth, and 255 if it is none.
func digit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

// fit returns an error if a name of units cannot be packed. All else the server
// refuses by itself.
func fit(units []eventlog.Unit) error {
	for i := range units {
		if err := fitUnit(&units[i]); err != nil {
			return fmt.Errorf("%w: %w", groupcommit.ErrRefused, err)
		}
	}
	return nil
}

func fitUnit(u *eventlog.Unit) (err error) {
	if u.Mark != nil {
		err = fitName(u.Mark.Consumer)
	}
	for i := range u.Expect {
		err = cmp.Or(err, fitName(u.Expect[i].Stream))
	}
	for i := range u.Events { // whose streams are expected
		e := &u.Events[i]
		err = cmp.Or(err, fitName(e.Correlation), fitName(e.Causation), fitName(e.Trace))
	}
	for i := range u.Set {
		err = cmp.Or(err, fitName(u.Set[i].Stream), fitName(u.Set[i].Trace))
	}
	return err
}

func fitName(name string) error {
	if strings.IndexByte(name, 0) >= 0 || !utf8.ValidString(name) {
		return fmt.Errorf("%w: %q", errNoText, name)
	}
	return nil
}
