package dance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"orpheus.example/kit/eventlog"
)

// atATime is how many records are read of a log at a time.
const atATime = 1000

// Follow reads the logs of services, by their names, and returns what in them is
// not in the choreography, or nil. It looks at each undertaking by itself, so that
// what one order rests on cannot stand for what another lacks. It must be given
// the logs of all services that say anything, whole, at a moment when nothing is
// on its way or with what is read last heard first: a fact is only in order if
// what led to it is there.
func Follow(ctx context.Context, logs map[string]eventlog.Log) error {
	undertakings := map[string]map[string][]eventlog.Record{}
	for service, log := range logs {
		records, err := all(ctx, log)
		if err != nil {
			return fmt.Errorf("%s: %w", service, err)
		}
		for _, r := range records {
			if undertakings[r.Correlation] == nil {
				undertakings[r.Correlation] = map[string][]eventlog.Record{}
			}
			undertakings[r.Correlation][service] = append(undertakings[r.Correlation][service], r)
		}
	}
	g := Graph()
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(undertakings)) {
		if err := g.Follow(g.Steps(undertakings[name])); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(wrong...)
}

func all(ctx context.Context, log eventlog.Log) ([]eventlog.Record, error) {
	var records []eventlog.Record
	for {
		some, err := log.ReadAll(ctx, int64(len(records)), atATime) // positions are dense, from 1
		if err != nil {
			return nil, err
		}
		records = append(records, some...)
		if len(some) < atATime {
			return records, nil
		}
	}
}
