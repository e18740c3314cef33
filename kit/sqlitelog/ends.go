package sqlitelog

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"
	"github.com/hashicorp/golang-lru/v2/simplelru"

	"orpheus.example/kit/eventlog"
)

// mostEnds is how many streams' ends are remembered: those of a few thousand
// orders, with their dead letters. One takes some 200 bytes.
const mostEnds = 1 << 15

// An end is where a stream ends: at version 0 if it has no event.
type end struct {
	version int64
	last    uuid.UUID // of its last event
}

// ends are the ends of the streams that were touched last, so that nothing need be
// read of what is touched again and again. They are true for as long as nobody else
// can write to the file; who shares it has none. Only the committer uses them.
type ends struct {
	known *simplelru.LRU[string, end] // nil if nothing may be remembered
}

func newEnds(c Config) ends {
	if c.Shared {
		return ends{}
	}
	known, err := simplelru.NewLRU[string, end](mostEnds, nil)
	if err != nil {
		panic(err) // only for a size below one
	}
	return ends{known}
}

// find returns the end of a stream, and reads it if it must: one step down an index,
// however long the stream is.
func (e ends) find(ctx context.Context, version *sql.Stmt, stream string) (end, error) {
	if e.known != nil {
		if found, ok := e.known.Get(stream); ok {
			return found, nil
		}
	}
	var found end
	var id []byte
	err := version.QueryRowContext(ctx, stream).Scan(&found.version, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return end{}, nil
	}
	found.last = uuid.UUID(id)
	return found, err
}

// learn remembers where the streams of a transaction end, which was committed.
func (e ends) learn(h *eventlog.Heads, streams []string) {
	if e.known == nil {
		return
	}
	for _, stream := range streams {
		e.known.Add(stream, end{h.Versions[stream], h.Last[stream]})
	}
}

// forget has everything read again: nobody knows what is in the file.
func (e ends) forget() {
	if e.known != nil {
		e.known.Purge()
	}
}
