package pglog_test

import (
	"errors"
	"testing"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
)

// TestKindsAreKeptOnce has events that differ in what their kinds hold, and in their
// actors, of which only services are in a kind.
func TestKindsAreKeptOnce(t *testing.T) {
	t.Parallel()
	url := servertest.Database(t)
	log, conn := mustOpen(t, pglog.Config{URL: url}), mustConnect(t, url)
	for version, actor := range []string{"customer:ann", "customer:bob", "service:payment", "service:payment", "service:order", ""} {
		u := unit("a", int64(version))
		u.Events[0].Actor = actor
		mustCommit(t, log, u)
	}
	other := unit("a", 6)
	other.Events[0].Schema = 2
	mustCommit(t, log, other)
	var kinds int
	var actors string
	err := conn.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM kinds), string_agg(actor, ' ' ORDER BY position) FROM events`).Scan(&kinds, &actors)
	const want = "customer:ann customer:bob service:payment service:payment service:order  "
	if err != nil || kinds != 4 || actors != want {
		t.Errorf("%d kinds, actors %q, %v; want 4, %q, nil", kinds, actors, err, want)
	}
}

// TestKindThatWasLostIsKeptAgain has a server that has lost the row of a kind, as in a
// failover, and one in whose table its number stands for another: that one refuses.
func TestKindThatWasLostIsKeptAgain(t *testing.T) {
	t.Parallel()
	url := servertest.Database(t)
	log, conn := mustOpen(t, pglog.Config{URL: url}), mustConnect(t, url)
	mustCommit(t, log, unit("a", 0))
	mustExec(t, conn, "DELETE FROM kinds")
	mustCommit(t, log, unit("a", 1))
	mustExec(t, conn, "UPDATE kinds SET type = 'another'")
	if err := try(within(t, patience), log, unit("a", 2)); err == nil || errors.Is(err, eventlog.ErrUnavailable) {
		t.Errorf("Append = %v, if its kind's number stands for another; want an error that does not pass", err)
	}
	if page, err := mustOpen(t, pglog.Config{URL: url}).ReadStream(within(t, patience), "a", 0, 9); err != nil || len(page) != 2 {
		t.Errorf("ReadStream(a) = %d events, %v; want 2, nil", len(page), err)
	}
}
