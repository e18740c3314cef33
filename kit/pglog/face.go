package pglog

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// newFace returns pool as a database of the standard library. It keeps no
// connections of its own.
func newFace(pool *pgxpool.Pool) *sql.DB {
	db := sql.OpenDB(face{stdlib.GetPoolConnector(pool)})
	db.SetMaxIdleConns(0)
	return db
}

// A face says of a server that cannot be reached that this passes, so that who
// reads a view is answered like who reads the log.
type face struct{ driver.Connector }

// Connect implements driver.Connector.
func (f face) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := f.Connector.Connect(ctx)
	if err != nil {
		return nil, fault(ctx, err)
	}
	if conn, ok := c.(*stdlib.Conn); ok {
		return faced{conn}, nil
	}
	return c, nil // unreachable: it is what the pool's connector makes
}

// A faced connection says the same of one that has broken.
type faced struct{ *stdlib.Conn }

// QueryContext implements driver.QueryerContext.
func (f faced) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := f.Conn.QueryContext(ctx, query, args)
	return rows, fault(ctx, err)
}

// ExecContext implements driver.ExecerContext.
func (f faced) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := f.Conn.ExecContext(ctx, query, args)
	return result, fault(ctx, err)
}

// BeginTx implements driver.ConnBeginTx.
func (f faced) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	tx, err := f.Conn.BeginTx(ctx, options)
	return tx, fault(ctx, err)
}

// fault marks err as one that passes, unless it is the caller who has left.
func fault(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	return blame(err)
}
