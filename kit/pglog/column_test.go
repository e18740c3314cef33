package pglog

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orpheus.example/kit/servers/servertest"
)

// TestColumnsAreArrays has the server say what it has been sent.
func TestColumnsAreArrays(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), servertest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := knowColumns(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "SET timezone = 'UTC'"); err != nil {
		t.Fatal(err)
	}
	id, at := uuid.MustParse("0198f3ac-0102-7304-8506-0708090a0b0c"), time.Date(1999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	for kind, c := range map[string]struct {
		add  func(*column)
		want string // what the server makes of it
	}{
		"text[]":        {func(c *column) { c.addText(""); c.addText("a\"b,Ὀ"); c.addNull() }, `{"","a\"b,Ὀ",NULL}`},
		"bytea[]":       {func(c *column) { c.add(naming("item-X")); c.add(naming("o-" + id.String())) }, `{"\\x6974656d2d58","\\x000198f3ac0102730485060708090a0b0c6f2d"}`},
		"int4[]":        {func(c *column) { c.addInt4(-1); c.addInt4(1 << 30) }, `{-1,1073741824}`},
		"int8[]":        {func(c *column) { c.addInt8(-1); c.addInt8(1 << 62) }, `{-1,4611686018427387904}`},
		"uuid[]":        {func(c *column) { c.addID(id); c.addNull() }, `{` + id.String() + `,NULL}`},
		"bool[]":        {func(c *column) { c.addBool(true); c.addBool(false) }, `{t,f}`},
		"timestamptz[]": {func(c *column) { c.addTime(at) }, `{"1999-12-31 23:59:59.999999+00"}`},
	} {
		var got string
		var none *string
		used := &column{}
		used.addNull()
		used.reset()
		query := "SELECT $1::" + kind + "::text"
		if err := conn.QueryRow(t.Context(), query, used.argument()).Scan(&none); err != nil || none != nil {
			t.Errorf("an empty column of %s arrives as %v, %v; want NULL", kind, none, err)
		}
		c.add(used)
		if err := conn.QueryRow(t.Context(), query, used.argument()).Scan(&got); err != nil || got != c.want {
			t.Errorf("%s arrives as %s, %v; want %s", kind, got, err, c.want)
		}
	}
	var back []string // what is no column is sent as ever
	want := []string{"a", ""}
	if err := conn.QueryRow(t.Context(), "SELECT $1::text[]", want).Scan(&back); err != nil || !reflect.DeepEqual(back, want) {
		t.Errorf("%q comes back as %q, %v", want, back, err)
	}
}
