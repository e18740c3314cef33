package logtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/kit/eventlog"
)

// orderLaws are about the promise that makes a single number enough of a cursor.
func orderLaws() []Law {
	return []Law{
		{Name: "positions_have_no_gaps_and_follow_versions", Check: positionsHaveNoGaps},
		{Name: "a_reader_finds_what_others_wrote_in_between", Shared: true, Check: readerFindsOthers},
		{Name: "a_reader_of_the_growing_log_misses_nothing", Check: readerMissesNothing},
	}
}

// What a crowd does.
const (
	crowd   = 12 // writers at once
	handles = 3  // processes they belong to
	turns   = 25 // units that each commits
	arena   = 5  // streams they fight for
)

// write commits turns units as the i-th of a crowd. Each is decided by reading a
// stream that others write to, and again after a conflict, as a service does; it
// has a mark, and some events in a stream of its own.
func write(ctx context.Context, log eventlog.Log, i int) error {
	for turn := range turns {
		stream := fmt.Sprintf("shared-%d", (i+turn)%arena)
		for committed := false; !committed; {
			past, err := log.ReadStream(ctx, stream, 0, crowd*turns)
			if err != nil {
				return err
			}
			unit := marked(grow(stream, int64(len(past)), 1+turn%2), "c", fmt.Sprintf("%d/%d", i, turn), 1)
			own := grow(fmt.Sprintf("own-%d", i), int64(turn), 1)
			unit.Expect = append(unit.Expect, own.Expect...)
			unit.Events = append(unit.Events, own.Events...)
			outcomes, err := log.Append(ctx, []eventlog.Unit{unit})
			if err != nil {
				return err
			}
			committed = outcomes[0].Err == nil
			if !committed && !errors.Is(outcomes[0].Err, eventlog.ErrConflict) {
				return outcomes[0].Err
			}
		}
	}
	return nil
}

// crowded is how many events a crowd leaves: two for each turn, three for every
// other.
const crowded = crowd * (turns*2 + turns/2)

// writeAll has a crowd write, spread over stores.
func writeAll(ctx context.Context, stores []eventlog.Store) error {
	return errors.Join(atOnce(crowd, func(i int) error { return write(ctx, stores[i%len(stores)], i) })...)
}

// positionsHaveNoGaps looks at what a crowd has left. A gap would be a place where
// a reader cannot know whether something is still to come; a position that is
// out of step with its version would show a stream's past after its future.
func positionsHaveNoGaps(t *testing.T, o Opened) {
	stores := o.handles(t, handles)
	if err := writeAll(within(t), stores); err != nil {
		t.Fatalf("writing: %v", err)
	}
	checkHead(t, o.Store, crowded)
	versions := map[string]int64{}
	all := mustReadAll(t, o.Store, 0, crowded+1)
	for i, e := range all {
		versions[e.Stream]++
		if e.Position != int64(i+1) || e.Version != versions[e.Stream] {
			t.Fatalf("event %d is %s; want position %d, version %d", i, places(all[i : i+1])[0], i+1, versions[e.Stream])
		}
	}
	for stream, version := range versions {
		if got := len(mustReadStream(t, stores[1], stream, 0, crowded)); int64(got) != version {
			t.Errorf("ReadStream(%s) = %d events; want %d", stream, got, version)
		}
	}
}

// readerFindsOthers has two processes write in turns. Each reads all of it, though
// it may remember its own.
func readerFindsOthers(t *testing.T, o Opened) {
	stores := []eventlog.Store{o.Store, o.Another(t)}
	for version := range int64(7) {
		mustCommit(t, stores[version/2%2], grow("a", version, 1))
		for i, store := range stores {
			all := mustReadAll(t, store, 0, 9)
			if got := int64(len(all)); got != version+1 {
				t.Fatalf("ReadAll(0) in process %d = %v; want %d events", i, places(all), version+1)
			}
			last := mustReadAll(t, store, version, 9)
			checkRecords(t, "ReadAll of the last", last, all[version:])
		}
	}
}

// readerMissesNothing follows the log with nothing but a position while a crowd
// writes, in the writers' own process and in another.
func readerMissesNothing(t *testing.T, o Opened) {
	ctx, stores := within(t), o.handles(t, handles+1)
	written := make(chan error, 1)
	go func() { written <- writeAll(ctx, stores[:handles]) }()
	var seen [2][]eventlog.Record
	errs := atOnce(2, func(i int) (err error) {
		seen[i], err = follow(ctx, stores[i*handles], crowded)
		return err
	})
	if err := errors.Join(append(errs, <-written)...); err != nil {
		t.Fatalf("writing and reading at once: %v", err)
	}
	want := places(mustReadAll(t, o.Store, 0, crowded+1))
	for i, events := range seen {
		if diff := cmp.Diff(want, places(events)); diff != "" {
			t.Errorf("reader %d differs from what the log holds (-want +got):\n%s", i, diff)
		}
	}
}

// follow reads n events as they come.
func follow(ctx context.Context, log eventlog.Log, n int) ([]eventlog.Record, error) {
	var seen []eventlog.Record
	var after int64
	for len(seen) < n {
		grown := log.Grown(after)
		records, err := log.ReadAll(ctx, after, 7)
		if err != nil {
			return seen, err
		}
		if len(records) > 0 {
			seen = append(seen, records...)
			after = records[len(records)-1].Position
			continue
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return seen, ctx.Err()
		}
	}
	return seen, nil
}
