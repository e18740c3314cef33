package pglog_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/servers/servertest"
)

// TestPeopleSeeWhatIsRead compares view events with what Go reads, of events of which
// all that can be packed is. Their bodies have bytes that mean something to one of the
// formats on the way.
func TestPeopleSeeWhatIsRead(t *testing.T) {
	t.Parallel()
	const id = "62d6dda0-f94c-5168-a722-7c422d953a48"
	url := servertest.Database(t)
	log := mustOpen(t, pglog.Config{URL: url})
	for i, body := range []string{"", id, "\x00\\" + id + `\\003\1'` + "\x01\x02\xff\x80" + id, "\x01\x02\x03\x04\x05\x06\x07\b\t\n\v\f\r" + id + "\\"} {
		u := unit("order-"+id, int64(i))
		e := &u.Events[0]
		e.Body, e.Correlation, e.Causation, e.Actor = []byte(body), id, u.Mark.ID.String(), "service:payment"
		e.Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		mustCommit(t, log, u)
	}
	want, err := mustOpen(t, pglog.Config{URL: url}).ReadStream(within(t, patience), "order-"+id, 0, 9)
	if err != nil || len(want) != 4 {
		t.Fatalf("ReadStream = %d events, %v; want 4, nil", len(want), err)
	}
	if diff := cmp.Diff(want, seen(t, url)); diff != "" {
		t.Errorf("view events differs from what is read (-read +seen):\n%s", diff)
	}
}

// seen returns the log as view events has it.
func seen(t *testing.T, url string) (records []eventlog.Record) {
	t.Helper()
	rows, err := mustConnect(t, url).Query(within(t, patience), `
		SELECT position, stream, version, id, type, schema, recorded_at, correlation, causation, actor, trace, body
		FROM events ORDER BY position`)
	if err != nil {
		t.Fatalf("SELECT events = %v; want nil", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r eventlog.Record
		var id [16]byte
		if err := rows.Scan(&r.Position, &r.Stream, &r.Version, &id, &r.Type, &r.Schema, &r.Time,
			&r.Correlation, &r.Causation, &r.Actor, &r.Trace, &r.Body); err != nil {
			t.Fatalf("Scan = %v; want nil", err)
		}
		r.ID, r.Time = uuid.UUID(id), r.Time.UTC()
		records = append(records, r)
	}
	if rows.Err() != nil {
		t.Fatalf("SELECT events = %v; want nil", rows.Err())
	}
	return records
}
