package projection

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// A Column is one column of a row: its name, and where the row has its value.
type Column struct {
	name  string
	into  any                 // scanned into
	value func() (any, error) // written: a string or an int64
}

// Text is a column of type text.
func Text(name string, v *string) Column {
	return Column{name, v, func() (any, error) { return *v, nil }}
}

// Number is a column of type bigint or integer.
func Number[N ~int | ~int32 | ~int64](name string, v *N) Column {
	return Column{name, v, func() (any, error) { return int64(*v), nil }}
}

// Time is a column of type bigint that holds microseconds since 1970, and 0 for
// the zero time.
func Time(name string, v *time.Time) Column {
	return Column{name, micros{v}, func() (any, error) {
		if v.IsZero() {
			return int64(0), nil
		}
		return v.UnixMicro(), nil
	}}
}

// JSON is a column of type text that holds v, which must be a pointer. The names
// of its fields are those of a stored form: raise the view's version when they
// change.
func JSON(name string, v any) Column {
	return Column{name, document{v}, func() (any, error) {
		text, err := json.Marshal(v)
		return string(text), err
	}}
}

// values returns what columns hold now.
func values(columns []Column) ([]any, error) {
	held := make([]any, len(columns))
	for i, c := range columns {
		v, err := c.value()
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.name, err)
		}
		held[i] = v
	}
	return held, nil
}

// micros is a time as it is kept.
type micros struct{ *time.Time }

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
