package membus

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/google/uuid"
)

// Kinds of records. What is in a file must stay readable, so none is ever given
// another meaning.
const (
	recordHearer  = 1 // id, name, types: there is a hearer, and it hears these as well
	recordSaid    = 2 // seq, hearers, message: it is in their queues
	recordSettled = 3 // hearer, seqs: it is done with these
	recordBuried  = 4 // hearer, seqs: it has set these aside
	recordRevived = 5 // hearer, seqs: they are back from the dead
)

// magic begins every journal, and changes with its form.
const magic = "membus1\n"

// frameHead is the length of what precedes a record: its own length and its
// checksum.
const frameHead = 8

// castagnoli is the polynomial that processors know.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errTorn says that the rest of a journal is no whole record.
var errTorn = errors.New("torn record")

// frame appends a record to b, the body of which write appends.
func frame(b []byte, write func([]byte) []byte) []byte {
	at := len(b)
	b = write(append(b, make([]byte, frameHead)...))
	body := b[at+frameHead:]
	binary.LittleEndian.PutUint32(b[at:], uint32(len(body))) //nolint:gosec // a message is bounded
	binary.LittleEndian.PutUint32(b[at+4:], crc32.Checksum(body, castagnoli))
	return b
}

// unframe returns the first record of b and what comes after it. An empty
// record is torn: zeros, which a crash may leave, must not pass for one.
func unframe(b []byte) (body, rest []byte, err error) {
	if len(b) < frameHead {
		return nil, b, errTorn
	}
	n := uint64(binary.LittleEndian.Uint32(b))
	if n == 0 || n > uint64(len(b)-frameHead) { //nolint:gosec // not negative, see above
		return nil, b, errTorn
	}
	body = b[frameHead : frameHead+n]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(b[4:]) {
		return nil, b, errTorn
	}
	return body, b[frameHead+n:], nil
}

func putHearer(b []byte, id uint64, name string, types []string) []byte {
	b = binary.AppendUvarint(append(b, recordHearer), id)
	b = putText(b, name)
	b = binary.AppendUvarint(b, uint64(len(types)))
	for _, t := range types {
		b = putText(b, t)
	}
	return b
}

func putSaid(b []byte, l *letter, to []*hearer) []byte {
	b = binary.AppendUvarint(append(b, recordSaid), l.seq)
	b = binary.AppendUvarint(b, uint64(len(to)))
	for _, h := range to {
		b = binary.AppendUvarint(b, h.id)
	}
	return putMessage(b, l)
}

func putSeqs(b []byte, kind byte, hearer uint64, seqs []uint64) []byte {
	b = binary.AppendUvarint(append(b, kind), hearer)
	b = binary.AppendUvarint(b, uint64(len(seqs)))
	for _, s := range seqs {
		b = binary.AppendUvarint(b, s)
	}
	return b
}

// putMessage appends what travels of a letter. The zero time stays zero, apart
// from all that can be counted in seconds.
func putMessage(b []byte, l *letter) []byte {
	m := l.Message
	b = append(b, m.ID[:]...)
	b = append(b, flag(m.Replayed), flag(!m.Time.IsZero()))
	if !m.Time.IsZero() {
		b = binary.AppendVarint(b, m.Time.Unix())
		b = binary.AppendUvarint(b, uint64(m.Time.Nanosecond())) //nolint:gosec // never negative
	}
	b = binary.AppendVarint(b, m.Version)
	for _, text := range []string{m.Type, m.Subject, m.Source, m.Correlation, m.Causation, m.Actor, m.Trace} {
		b = putText(b, text)
	}
	return putText(b, m.Body)
}

func putText[T string | []byte](b []byte, text T) []byte {
	b = binary.AppendUvarint(b, uint64(len(text)))
	return append(b, text...)
}

func flag(set bool) byte {
	if set {
		return 1
	}
	return 0
}

// A reader takes a record apart. Once something is amiss it yields zeros, and
// err says so.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("record without %s", what)
	}
	r.rest = nil
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.fail("its end")
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.fail("a number")
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.fail("a number")
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) flag() bool {
	b := r.take(1)
	return len(b) == 1 && b[0] != 0
}

// text returns a copy, or all of the file would stay in memory.
func (r *reader) text() string { return string(r.take(r.uint())) }

// numbers reads a list. It grows with what is there, not with what is claimed.
func (r *reader) numbers() (all []uint64) {
	for n := r.uint(); n > 0 && r.err == nil; n-- {
		all = append(all, r.uint())
	}
	return all
}

func (r *reader) texts() (all []string) {
	for n := r.uint(); n > 0 && r.err == nil; n-- {
		all = append(all, r.text())
	}
	return all
}

// message reads what putMessage has written.
func (r *reader) message(l *letter) {
	m := &l.Message
	if id := r.take(uint64(len(m.ID))); id != nil {
		m.ID = uuid.UUID(id)
	}
	m.Replayed = r.flag()
	if r.flag() {
		seconds := r.int()
		m.Time = time.Unix(seconds, int64(r.uint())).UTC() //nolint:gosec // it was a nanosecond
	}
	m.Version = r.int()
	for _, text := range []*string{&m.Type, &m.Subject, &m.Source, &m.Correlation, &m.Causation, &m.Actor, &m.Trace} {
		*text = r.text()
	}
	m.Body = []byte(r.text())
}
