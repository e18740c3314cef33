package projection

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// A statement writes rows, as many at a time as its forms have room for: they
// are prepared once, and their values are typed, so that the database has
// nothing to take apart. It is used by one goroutine.
type statement struct {
	text  func(rows int) string
	forms [len(sizes)]string // as text has them; empty until they are needed
}

// sizes are how many rows the forms have room for. Each is a few times the next,
// so that few are run for any number; the largest keeps well below the arguments
// that databases allow, which are 32,766 and 65,535.
var sizes = [...]int{256, 64, 16, 4, 1}

// prepare returns a statement of a text. The largest forms are long, so each is
// put together when it is first run: who shows nothing does not pay for it.
func prepare(text func(rows int) string) statement { return statement{text: text} }

// run writes rows.
func (s *statement) run(ctx context.Context, tx *sql.Tx, rows [][]any) error {
	for i, size := range sizes {
		for ; len(rows) >= size; rows = rows[size:] {
			args := make([]any, 0, size*len(rows[0]))
			for _, row := range rows[:size] {
				args = append(args, row...)
			}
			if _, err := tx.ExecContext(ctx, s.form(i), args...); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *statement) form(i int) string {
	if s.forms[i] == "" {
		s.forms[i] = s.text(sizes[i])
	}
	return s.forms[i]
}

// insert returns a statement that puts n rows into a table.
func insert(table string, columns []Column, n int) string {
	return `INSERT INTO ` + placeholder + table + ` (` + list(columns, func(_ int, c Column) string { return c.name }) +
		`) VALUES ` + places(columns, n)
}

// places returns places for the values of n rows.
func places(columns []Column, n int) string {
	var b strings.Builder
	for row := range n {
		if row > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(" + list(columns, func(i int, _ Column) string { return fmt.Sprintf("$%d", row*len(columns)+i+1) }) + ")")
	}
	return b.String()
}

// insert returns a statement that puts n new rows into the table. A row that is
// there is an error, and then all are read again.
func (t Table[E, P]) insert(n int) string { return insert(t.Name, t.Columns(new(P)), n) }

// update returns a statement that changes n rows of the table. The rows are there;
// ON CONFLICT is for the way to them, which is the primary key however little the
// database knows of a table that has just begun to grow. UPDATE with FROM may read
// all of it.
func (t Table[E, P]) update(n int) string {
	columns := t.Columns(new(P))
	return t.insert(n) + ` ON CONFLICT (` + columns[0].name + `) DO UPDATE SET ` +
		list(columns[1:], func(_ int, c Column) string { return c.name + ` = excluded.` + c.name })
}
