package ops

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
)

// A draft is a log that forgets: what is appended to it is judged as the log under
// it would judge it, and can be read back, but is kept in memory only. What a
// decision on a draft leads to is what it would lead to, if nothing else happened
// meanwhile.
//
// It lets the very same code that replays letters say what a replay would do.
type draft struct {
	eventlog.Log

	mu    sync.Mutex
	heads eventlog.Heads               // of what was touched
	read  map[string]tip               // of streams, as far as they were read below
	added map[string][]eventlog.Record // to streams, by what was appended here
}

// A tip is the last event of a stream that is known.
type tip struct {
	version int64
	last    uuid.UUID
}

func newDraft(log eventlog.Log) *draft {
	return &draft{
		Log:  log,
		read: map[string]tip{}, added: map[string][]eventlog.Record{},
		heads: eventlog.Heads{
			Versions: map[string]int64{}, Last: map[string]uuid.UUID{}, Marks: map[eventlog.MarkKey]int64{},
		},
	}
}

// ReadStream returns what the log holds, and after that what was added here. Of a
// stream that something was added to, what others add below is not seen any more.
func (d *draft) ReadStream(ctx context.Context, stream string, after int64, limit int) ([]eventlog.Record, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	below, err := d.below(ctx, stream, after, limit)
	if err != nil {
		return nil, err
	}
	for _, r := range d.added[stream] {
		if r.Version > after && len(below) < limit {
			below = append(below, r)
		}
	}
	return below, nil
}

// below reads from the log, and remembers how far.
func (d *draft) below(ctx context.Context, stream string, after int64, limit int) ([]eventlog.Record, error) {
	records, err := d.Log.ReadStream(ctx, stream, after, limit)
	if err != nil {
		return nil, err
	}
	records = slices.Clone(records) // it may be shared, and is added to
	if added := d.added[stream]; len(added) > 0 {
		i := slices.IndexFunc(records, func(r eventlog.Record) bool { return r.Version >= added[0].Version })
		if i >= 0 {
			records = records[:i]
		}
		return records, nil
	}
	if n := len(records); n > 0 && records[n-1].Version > d.read[stream].version {
		d.read[stream] = tip{records[n-1].Version, records[n-1].ID}
	}
	return records, nil
}

// Append judges units, each in the light of those before it. What they put on the
// agenda is passed over: nobody is going to attend to it.
func (d *draft) Append(ctx context.Context, units []eventlog.Unit) ([]eventlog.Outcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	eventlog.Check(units)
	streams, marks := eventlog.Touched(units)
	for _, s := range streams {
		if err := d.learn(ctx, s); err != nil {
			return nil, err
		}
	}
	for _, m := range marks {
		if err := d.look(ctx, m); err != nil {
			return nil, err
		}
	}
	outcomes := eventlog.Admit(&d.heads, units)
	for _, o := range outcomes {
		for _, r := range o.Events {
			d.added[r.Stream] = append(d.added[r.Stream], r)
		}
	}
	return outcomes, nil
}

// learn finds the end of a stream, unless something was added to it here.
func (d *draft) learn(ctx context.Context, stream string) error {
	const page = 1000
	for len(d.added[stream]) == 0 {
		records, err := d.below(ctx, stream, d.read[stream].version, page)
		if err != nil {
			return err
		}
		if len(records) == 0 {
			d.heads.Versions[stream], d.heads.Last[stream] = d.read[stream].version, d.read[stream].last
			break
		}
	}
	return nil
}

// look finds out whether the log has a mark.
func (d *draft) look(ctx context.Context, m eventlog.Mark) error {
	if _, known := d.heads.Marks[m.Key()]; known {
		return nil
	}
	switch there, err := eventlog.Marked(ctx, d.Log, m); {
	case errors.Is(err, eventlog.ErrReused):
		d.heads.Marks[m.Key()] = ^m.Digest | 1 // another one
	case err != nil:
		return err
	case there:
		d.heads.Marks[m.Key()] = m.Digest
	}
	return nil
}
