package sqlitelog

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strconv"
	"strings"
)

// mostKept is how many statements a connection keeps: all that a service runs,
// and a bound for whoever makes texts up.
const mostKept = 128

// open returns a pool of connections to source.
func open(source string) (*sql.DB, error) {
	db, err := sql.Open(sqliteDriver, source) // which connects to nothing
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector{driver: db.Driver(), source: source}), db.Close()
}

// A connector opens connections that spare the driver what it is slow at.
type connector struct {
	driver driver.Driver
	source string
}

// Connect implements driver.Connector.
func (c connector) Connect(context.Context) (driver.Conn, error) {
	plain, err := c.driver.Open(c.source)
	if err != nil {
		return nil, err
	}
	whole, ok := plain.(face)
	if !ok {
		return plain, nil // slow is better than not at all
	}
	return &conn{face: whole, kept: map[string]driver.Stmt{}}, nil
}

// Driver implements driver.Connector.
func (c connector) Driver() driver.Driver { return c.driver }

// A face is all that database/sql knows to ask of a connection of this driver.
type face interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// A conn is a connection of the driver, but for two things. The driver compiles
// the text of a statement every time it is run; this keeps what it made of it.
// And it finds the value for $17 by writing the number of every value out, so a
// statement for many rows takes time by the square of its values; this says ?
// instead, where it means the same. Like all connections it is used by one
// goroutine at a time.
type conn struct {
	face

	kept map[string]driver.Stmt // by text, as the caller has it
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return c.face.PrepareContext(ctx, unnumbered(query))
}

// QueryContext implements driver.QueryerContext. Nothing is kept: rows that are
// still open must not be disturbed by the next who asks the same.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.face.QueryContext(ctx, unnumbered(query), args)
}

// ExecContext implements driver.ExecerContext. A text without values may be
// several statements, which the driver can only run as they come.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	stmt := c.kept[query]
	if stmt == nil {
		if len(args) == 0 || len(c.kept) == mostKept {
			return c.face.ExecContext(ctx, query, args)
		}
		var err error
		if stmt, err = c.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
		c.kept[query] = stmt
	}
	if run, ok := stmt.(driver.StmtExecContext); ok {
		return run.ExecContext(ctx, args)
	}
	return c.face.ExecContext(ctx, query, args)
}

// Close implements driver.Conn. What is kept belongs to the connection.
func (c *conn) Close() error {
	for _, stmt := range c.kept {
		_ = stmt.Close() // the connection ends in any case
	}
	return c.face.Close()
}

// unnumbered returns a query with ? in place of $1, $2 and so on, if each of them
// is there once and in order; else the query as it is. Quoted texts stay.
func unnumbered(query string) string {
	if !strings.Contains(query, "$1") || strings.ContainsAny(query, "?-") {
		return query // a dash may begin a comment, which may hold anything
	}
	var b strings.Builder
	next := 1
	for rest := query; ; {
		i := strings.IndexAny(rest, `$'"`)
		if i < 0 {
			b.WriteString(rest)
			return b.String()
		}
		b.WriteString(rest[:i])
		quote := rest[i]
		rest = rest[i:]
		if quote != '$' {
			n := strings.IndexByte(rest[1:], quote) + 2
			if n < 2 {
				return query // not closed: the driver will say so
			}
			b.WriteString(rest[:n])
			rest = rest[n:]
			continue
		}
		number := strconv.Itoa(next)
		after, ok := strings.CutPrefix(rest[1:], number)
		if !ok || after != "" && after[0] >= '0' && after[0] <= '9' {
			return query // again, or not in order
		}
		b.WriteByte('?')
		rest, next = after, next+1
	}
}
