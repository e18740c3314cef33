package pglog

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// A column is an array on its way to the server: each value is put into its binary form
// as it is added, after its length, as function array_recv of PostgreSQL takes it. What
// pgx does instead, to look at each value of each row by itself, was a third of all the
// memory that a service asked for.
//
// The zero column is empty, and is sent as NULL. Who adds sees to it that all values are
// of the type that the statement wants; the server refuses what has another length.
type column struct {
	n      int
	values []byte
	room   int // how many bytes there is to be room for when it is sent
}

// null is the length of a value that is not there.
const null = 0xffff_ffff

// header is how much there is of an array before its values, in bytes.
const header = 20

// argument returns the column as an argument of a statement.
func (c *column) argument() any {
	if c.n == 0 {
		return nil
	}
	return c
}

// mostKept is how much memory a column keeps for the next transaction, in bytes.
const mostKept = 1 << 20

// reset takes all values out.
func (c *column) reset() {
	c.n, c.values = 0, c.values[:0]
	if cap(c.values) > mostKept {
		c.values = nil
	}
}

// add adds a value that is encoded by what the function appends. It returns its bytes,
// which are good until the next is added.
func (c *column) add(value func(to []byte) []byte) []byte {
	at := len(c.values) + 4
	c.values = value(append(c.values, 0, 0, 0, 0))
	binary.BigEndian.PutUint32(c.values[at-4:], uint32(len(c.values)-at)) //nolint:gosec // no value is that long
	c.n++
	return c.values[at:]
}

func (c *column) addText(s string) {
	c.add(func(to []byte) []byte { return append(to, s...) })
}

func (c *column) addInt4(v int32) {
	c.add(func(to []byte) []byte { return binary.BigEndian.AppendUint32(to, uint32(v)) }) //nolint:gosec // the same bits
}

func (c *column) addInt8(v int64) {
	c.add(func(to []byte) []byte { return binary.BigEndian.AppendUint64(to, uint64(v)) }) //nolint:gosec // the same bits
}

func (c *column) addID(id uuid.UUID) {
	c.add(func(to []byte) []byte { return append(to, id[:]...) })
}

func (c *column) addNull() {
	c.values = binary.BigEndian.AppendUint32(c.values, null)
	c.n++
}

func (c *column) addBool(yes bool) {
	c.add(func(to []byte) []byte {
		if yes {
			return append(to, 1)
		}
		return append(to, 0)
	})
}

// epoch is the zero of times in the server.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

// addTime adds a time, less what is below a microsecond.
func (c *column) addTime(t time.Time) { c.addInt8(t.UnixMicro() - epoch) }

// columnCodec encodes columns, and leaves all else to the codec of an array.
type columnCodec struct{ *pgtype.ArrayCodec }

// PreferredFormat is binary, in which pgx can write and read every array that is used
// here.
func (columnCodec) PreferredFormat() int16 { return pgtype.BinaryFormatCode }

// PlanEncode implements pgtype.Codec.
func (c columnCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.(*column); ok && format == pgtype.BinaryFormatCode {
		return columnPlan{element: c.ElementType.OID}
	}
	return c.ArrayCodec.PlanEncode(m, oid, format, value)
}

// A columnPlan encodes a column whose values are of a type.
type columnPlan struct{ element uint32 }

// Encode implements pgtype.EncodePlan.
func (p columnPlan) Encode(value any, to []byte) ([]byte, error) {
	c, ok := value.(*column)
	if !ok {
		return nil, fmt.Errorf("%T is no column", value) // unreachable: pgx keeps plans by the types of values
	}
	to = slices.Grow(to, c.room)
	to = binary.BigEndian.AppendUint32(to, 1) // dimension
	to = binary.BigEndian.AppendUint32(to, 1) // there may be nulls
	to = binary.BigEndian.AppendUint32(to, p.element)
	to = binary.BigEndian.AppendUint32(to, uint32(c.n)) //nolint:gosec // a transaction has no more rows than that
	to = binary.BigEndian.AppendUint32(to, 1)           // the first index
	return append(to, c.values...), nil
}

// knowColumns has a connection take columns.
func knowColumns(_ context.Context, conn *pgx.Conn) error {
	types := conn.TypeMap()
	for _, oid := range []uint32{
		pgtype.ByteaArrayOID, pgtype.TextArrayOID, pgtype.Int4ArrayOID, pgtype.Int8ArrayOID,
		pgtype.UUIDArrayOID, pgtype.BoolArrayOID, pgtype.TimestamptzArrayOID,
	} {
		t, known := types.TypeForOID(oid)
		if !known {
			return fmt.Errorf("pgx does not know type %d", oid)
		}
		array, ok := t.Codec.(*pgtype.ArrayCodec)
		if !ok {
			return fmt.Errorf("pgx has no codec for arrays of type %d", oid)
		}
		types.RegisterType(&pgtype.Type{Name: t.Name, OID: oid, Codec: columnCodec{array}})
	}
	return nil
}
