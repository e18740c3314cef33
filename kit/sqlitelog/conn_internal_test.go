package sqlitelog

import (
	"strings"
	"testing"
)

func TestUnnumbered(t *testing.T) {
	t.Parallel()
	many := "$1"
	for i := range 11 {
		many += strings.Replace(", $n", "n", []string{"2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"}[i], 1)
	}
	for name, c := range map[string]struct{ query, want string }{
		"none":           {`SELECT 1`, `SELECT 1`},
		"in_order":       {`SELECT $1, $2`, `SELECT ?, ?`},
		"of_two_digits":  {`(` + many + `)`, `(` + strings.Repeat("?, ", 11) + `?)`},
		"again":          {`SELECT $1, $1`, `SELECT $1, $1`},
		"not_in_order":   {`SELECT $2, $1`, `SELECT $2, $1`},
		"longer_number":  {`SELECT $1, $22`, `SELECT $1, $22`},
		"in_a_text":      {`SELECT '$2''', "$3", $1`, `SELECT '$2''', "$3", ?`},
		"text_not_ended": {`SELECT $1, 'a`, `SELECT $1, 'a`},
		"with_comment":   {"SELECT $1 -- it's", "SELECT $1 -- it's"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := unnumbered(c.query); got != c.want {
				t.Errorf("unnumbered(%q) = %q; want %q", c.query, got, c.want)
			}
		})
	}
}
