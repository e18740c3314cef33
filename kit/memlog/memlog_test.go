package memlog_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/logtest"
	"orpheus.example/kit/memlog"
)

// TestLaws leaves out those for which a second process is needed: nobody else
// can have this memory.
func TestLaws(t *testing.T) {
	t.Parallel()
	logtest.Run(t, func(t *testing.T) logtest.Opened {
		log := memlog.New(time.Now)
		t.Cleanup(func() {
			if err := log.Close(); err != nil {
				t.Errorf("Close() = %v; want nil", err)
			}
		})
		return logtest.Opened{Store: log}
	})
}

// TestLawsAfterReset finds nothing left of an earlier life.
func TestLawsAfterReset(t *testing.T) {
	t.Parallel()
	logtest.Run(t, func(t *testing.T) logtest.Opened {
		log := memlog.New(time.Now)
		u := unit("a", 0)
		u.Set = []eventlog.Due{{DueKey: eventlog.DueKey{Kind: "k", Stream: "s"}, At: time.Unix(0, 0)}}
		if _, err := log.Append(t.Context(), []eventlog.Unit{u}); err != nil {
			t.Fatalf("Append = %v; want nil", err)
		}
		if _, err := log.Lease(t.Context(), "c", "somebody", 0, time.Hour); err != nil {
			t.Fatalf("Lease = %v; want nil", err)
		}
		log.Reset()
		return logtest.Opened{Store: log}
	})
}

// unit returns one that adds an event to a stream at a version, with a mark.
func unit(stream string, version int64) eventlog.Unit {
	name := fmt.Sprintf("%s/%d", stream, version+1)
	id := uuid.NewSHA1(uuid.NameSpaceURL, []byte(name))
	return eventlog.Unit{
		Mark:   &eventlog.Mark{Consumer: "test", ID: id, Digest: 1},
		Expect: []eventlog.Expect{{Stream: stream, Version: version}},
		Events: []eventlog.Record{{Stream: stream, Version: version + 1, ID: id, Type: "test.v1.Happened", Schema: 1, Body: []byte(name)}},
	}
}

// BenchmarkAppend has one caller and logs of a hundred events, as simulation has
// them.
func BenchmarkAppend(b *testing.B) {
	units := make([]eventlog.Unit, 100)
	for i := range units {
		units[i] = unit("a", int64(i))
	}
	log, ctx := memlog.New(time.Now), context.Background()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%len(units) == 0 {
			log.Reset()
		}
		if _, err := log.Append(ctx, units[i%len(units):i%len(units)+1]); err != nil {
			b.Fatal(err)
		}
	}
}
