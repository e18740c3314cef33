package pglog_test

import (
	"fmt"
	"sync"
	"testing"

	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
)

// TestManyReadersGetWhatTheyAskFor reads many streams at once, each from another
// version on and up to another number of events.
func TestManyReadersGetWhatTheyAskFor(t *testing.T) {
	t.Parallel()
	const streams, events = 20, 5
	log := mustOpen(t, pglog.Config{URL: servertest.Database(t)})
	for s := range streams {
		for v := range events {
			mustCommit(t, log, unit(fmt.Sprint("s", s), int64(v)))
		}
	}
	var all sync.WaitGroup
	for i := range 20 * streams {
		all.Go(func() {
			stream, after, limit := fmt.Sprint("s", i%streams), int64(i%(events+1)), 1+i%3
			got, err := log.ReadStream(within(t, patience), stream, after, limit)
			if err != nil || len(got) != min(limit, events-int(after)) {
				t.Errorf("ReadStream(%s, %d, %d) = %d events, %v", stream, after, limit, len(got), err)
			}
			for n, r := range got {
				if want := fmt.Sprintf("%s/%d", stream, int(after)+n+1); r.Stream != stream || string(r.Body) != want {
					t.Errorf("ReadStream(%s, %d, %d)[%d] = %s of %s; want %s", stream, after, limit, n, r.Body, r.Stream, want)
				}
			}
		})
	}
	all.Wait()
}
