package projection

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// A Column is one column of a row: its name, and where the row has its value.
type Column struct {
	name string
	kind string // in SQL
	into any    // scanned into, and written as JSON from
}

// Text is a column of type text.
func Text(name string, v *string) Column { return Column{name, "text", v} }

// Number is a column of type bigint or integer.
func Number[N ~int | ~int32 | ~int64](name string, v *N) Column { return Column{name, "bigint", v} }

// Time is a column of type bigint that holds microseconds since 1970, and 0 for
// the zero time.
func Time(name string, v *time.Time) Column { return Column{name, "bigint", micros{v}} }

// JSON is a column of type text that holds v, which must be a pointer. The names
// of its fields are those of a stored form: raise the view's version when they
// change.
func JSON(name string, v any) Column { return Column{name, "text", document{v}} }

// micros is a time as it is kept.
type micros struct{ *time.Time }

// MarshalJSON implements json.Marshaler.
func (m micros) MarshalJSON() ([]byte, error) {
	if m.IsZero() {
		return []byte("0"), nil
	}
	return json.Marshal(m.UnixMicro())
}

// Scan implements sql.Scanner.
func (m micros) Scan(src any) error {
	var n sql.NullInt64
	if err := n.Scan(src); err != nil {
		return err
	}
	*m.Time = time.Time{}
	if n.Int64 != 0 {
		*m.Time = time.UnixMicro(n.Int64).UTC()
	}
	return nil
}

// document is a value that is kept as JSON.
type document struct{ v any }

// MarshalJSON implements json.Marshaler. The database takes a document within
// the JSON of a row apart again, as the text that it is.
func (d document) MarshalJSON() ([]byte, error) { return json.Marshal(d.v) }

// Scan implements sql.Scanner.
func (d document) Scan(src any) error {
	switch src := src.(type) {
	case string:
		return json.Unmarshal([]byte(src), d.v)
	case []byte:
		return json.Unmarshal(src, d.v)
	default:
		return fmt.Errorf("column of JSON holds a %T", src)
	}
}
