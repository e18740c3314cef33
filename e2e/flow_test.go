package e2e

import (
	"testing"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
	"orpheus.example/onebox/dance"
)

// checkFlow reads what the services have kept and sees that every fact in it
// followed from another as the choreography declares. It is the only place that
// looks into a database: a test may see what a service may not.
func (s *shop) checkFlow(t *testing.T) {
	t.Helper()
	logs := map[string]eventlog.Log{}
	for _, name := range []string{"notify", "shipping", "inventory", "payment", "order"} {
		log, err := pglog.Open(t.Context(), pglog.Config{URL: s.DatabaseURL(name), Name: "e2e"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { log.Close() })
		logs[name] = log
	}
	if err := dance.Follow(t.Context(), logs); err != nil {
		t.Errorf("what happened is not in docs/choreography.md: %v", err)
	}
}
