package e2e

import (
	"context"
	"testing"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
	"orpheus.example/onebox/dance"
)

// checkFlow reads what the services have kept and sees that every fact in it
// followed from another as the choreography declares.
func (s *shop) checkFlow(t *testing.T) {
	t.Helper()
	logs := map[string]eventlog.Log{}
	for _, name := range []string{"notify", "shipping", "inventory", "payment", "order"} {
		logs[name] = s.log(t, name)
	}
	if err := dance.Follow(t.Context(), logs); err != nil {
		t.Errorf("what happened is not in docs/choreography.md: %v", err)
	}
}

// log opens what a service has kept. A test may look into a database, where it sees
// what no service tells.
func (s *shop) log(t *testing.T, service string) eventlog.Log {
	t.Helper()
	log, err := pglog.Open(t.Context(), pglog.Config{URL: s.DatabaseURL(service), Name: "e2e"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	return log
}

// countEvents returns how many events after a position are such as are looked for.
func countEvents(ctx context.Context, log eventlog.Log, after int64, is func(eventlog.Record) bool) (n int, err error) {
	for {
		records, err := log.ReadAll(ctx, after, 1000)
		if err != nil || len(records) == 0 {
			return n, err
		}
		for _, r := range records {
			if after = r.Position; is(r) {
				n++
			}
		}
	}
}
