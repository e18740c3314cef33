package gc

import (
	"runtime/debug"
	"testing"
)

// TestMemoryIsTheOperators: what is set in the environment stays. The collector
// is one for the whole process, so this test runs alone.
//
//nolint:paralleltest // see above
func TestMemoryIsTheOperators(t *testing.T) {
	const percent, limit = 123, int64(1) << 40 // what stood before
	oldPercent, oldLimit := debug.SetGCPercent(percent), debug.SetMemoryLimit(limit)
	t.Cleanup(func() {
		debug.SetGCPercent(oldPercent)
		debug.SetMemoryLimit(oldLimit)
	})
	for name, c := range map[string]struct {
		environment map[string]string
		percent     int
		limit       int64
	}{
		"nothing_set":    {nil, Percent, Limit},
		"gogc_set":       {map[string]string{"GOGC": "100"}, percent, limit},
		"gomemlimit_set": {map[string]string{"GOMEMLIMIT": "1TiB"}, Percent, limit},
		"both_set":       {map[string]string{"GOGC": "off", "GOMEMLIMIT": "1TiB"}, percent, limit},
	} {
		Tune(func(name string) string { return c.environment[name] })
		gotPercent, gotLimit := debug.SetGCPercent(percent), debug.SetMemoryLimit(limit)
		if gotPercent != c.percent || gotLimit != c.limit {
			t.Errorf("%s: collects at %d percent and %d bytes; want %d and %d", name, gotPercent, gotLimit, c.percent, c.limit)
		}
	}
}
