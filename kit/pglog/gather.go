package pglog

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"

	"orpheus.example/kit/eventlog"
)

// Limits of the reads that share round trips.
const (
	// gathered is how many streams are read at once at most: their events are all
	// in memory then.
	gathered = 64
	// readers is how many such reads are under way at a time: one in the server,
	// and one on its way.
	readers = 2
)

// selectStreams reads several streams, each after a version of its own. It is one
// step down an index for each.
const selectStreams = `
	SELECT s.place, ` + columns + ` FROM unnest($1::bytea[], $2::bigint[]) WITH ORDINALITY AS s (stream, after, place),
		LATERAL (` + selectRows + ` WHERE stream = s.stream AND version > s.after ORDER BY version LIMIT $3) AS e
		JOIN kinds k ON k.number = e.kind
	ORDER BY s.place, e.version`

// A gathering lets reads of streams share round trips: what is asked while others are
// read goes together next. Who asks alone waits for nobody. Where several replicas
// share the work, each has to read what another has decided about nearly everything
// that it hears.
type gathering struct {
	read func(ctx context.Context, asked []*asking)

	mu      sync.Mutex
	waiting []*asking
	reading int
}

// An asking is one call of ReadStream.
type asking struct {
	ctx     context.Context //nolint:containedctx // the caller's, for the trace of the read
	stream  string
	after   int64
	limit   int
	records []eventlog.Record
	err     error
	done    chan struct{} // closed once there is an answer
}

// ask returns the answer to a call, or the error of its context if that ends first.
func (g *gathering) ask(a *asking) ([]eventlog.Record, error) {
	if a.ctx.Err() != nil {
		return nil, a.left()
	}
	a.done = make(chan struct{})
	g.mu.Lock()
	g.waiting = append(g.waiting, a)
	begin := g.reading < readers
	if begin {
		g.reading++
	}
	g.mu.Unlock()
	if begin {
		go g.work()
	}
	select {
	case <-a.done:
		return a.records, a.err
	case <-a.ctx.Done():
		return nil, a.left()
	}
}

// left is the error of a caller that has not waited.
func (a *asking) left() error { return fmt.Errorf("read stream %s: %w", a.stream, a.ctx.Err()) }

// work reads until nothing is asked any more. A read bounds itself.
func (g *gathering) work() {
	for asked := g.next(); len(asked) > 0; asked = g.next() {
		g.read(context.WithoutCancel(asked[0].ctx), asked)
		for _, a := range asked {
			close(a.done)
		}
	}
}

// next takes what is asked by then and wants the same at most.
func (g *gathering) next() []*asking {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for n < min(len(g.waiting), gathered) && g.waiting[n].limit == g.waiting[0].limit {
		n++
	}
	if n == 0 {
		g.reading--
		g.waiting = nil
	}
	asked := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	return asked
}

// readStreams answers calls of ReadStream.
func (l *Log) readStreams(ctx context.Context, asked []*asking) {
	streams, after := make([][]byte, len(asked)), make([]int64, len(asked))
	for i, a := range asked {
		streams[i], after[i] = pack(a.stream), a.after
	}
	ctx, done := l.call(ctx)
	defer done()
	rows, err := l.pool.Query(ctx, selectStreams, streams, after, asked[0].limit)
	if err == nil {
		_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
			var place int
			r, err := scanRecord(row, &place)
			if err == nil {
				asked[place-1].records = append(asked[place-1].records, r)
			}
			return struct{}{}, err
		})
	}
	if err == nil {
		return
	}
	for _, a := range asked {
		a.records, a.err = nil, l.explain(ctx, "read stream "+a.stream, err)
	}
}
