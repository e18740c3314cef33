package eventlog

import (
	"crypto/sha1" //nolint:gosec // RFC 9562 derives names by it; it guards nothing
	"strings"

	"github.com/google/uuid"
)

// DerivedID returns the id of what has a name among all that follows from a cause: the
// same for the same, and of the same time as its cause, if that has one. Of a cause
// without, it is uuid.NewSHA1(cause, name), without its detour over the heap.
func DerivedID(cause uuid.UUID, name []byte) uuid.UUID {
	var room [144]byte
	sum := sha1.Sum(append(append(room[:0], cause[:]...), name...)) //nolint:gosec // see above
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 5<<4 // version 5
	id[8] = id[8]&0x3f | 0x80 // the variant of RFC 9562
	return Dated(id, cause)
}

// Dated returns id with the time of another, if that has one: its first 48 bits, which
// in version 7 are milliseconds since 1970. The rest of id stays, less its version,
// which becomes 8 (RFC 9562, section 5.8: whoever makes it says what it means). So what
// happens to one order, and to others of the same time, lies together in an index: a
// write meets the pages that were met just before, rather than any of them (see
// docs/adr/0018-ids-keep-the-time-of-their-cause.md).
//
// Nothing is ever read off such a time: it is what the caller says.
func Dated(id, of uuid.UUID) uuid.UUID {
	if v := of.Version(); v == 7 || v == 8 {
		copy(id[:6], of[:6])
		id[6] = id[6]&0x0f | 8<<4
	}
	return id
}

// SubjectID returns the id that follows the first dash in the name of a stream, as in
// "order-0198f3ac-…", and the zero UUID if something else does, or nothing.
func SubjectID(stream string) uuid.UUID {
	_, text, _ := strings.Cut(stream, "-")
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil
	}
	return id
}
