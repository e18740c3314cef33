package stand

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"orpheus.example/bench/limit"
	"orpheus.example/onebox/dance"
)

// A Tally is what the databases and the broker have counted so far.
type Tally struct {
	Placed    int64
	Facts     map[string]int64 // kept in the logs, by name; those that are published
	Events    int64            // all that is in the logs
	Marks     int64            // of what was handled
	Duties    int64            // units that record what came of a call to the outside
	Commits   int64
	Published int64 // messages
	Delivered int64 // messages, to all hearers together
}

// services are whose logs are counted.
func services() []string {
	var names []string
	for _, p := range dance.Graph().Parts() {
		names = append(names, p.Service)
	}
	return names
}

// Tally counts. It reads whole logs, and so takes its time: it is for when a load
// is over.
// Of the peer, and of the shop in one process, it knows nothing.
func (s *Stand) Tally(ctx context.Context) (Tally, error) {
	t := Tally{Facts: map[string]int64{}}
	if s.Stack == nil {
		return t, nil
	}
	for _, service := range services() {
		if err := s.tallyLog(ctx, service, &t); err != nil {
			return t, fmt.Errorf("count what %s has: %w", service, err)
		}
	}
	t.Placed = t.Facts["order.v1.OrderPlaced"]
	err := s.admin.QueryRow(ctx, "SELECT sum(xact_commit)::bigint FROM pg_stat_database WHERE datname = ANY($1)", services()).Scan(&t.Commits)
	if err != nil {
		return t, fmt.Errorf("count commits: %w", err)
	}
	t.Published, t.Delivered, err = s.messages(ctx)
	return t, err
}

// connectTo connects to the database of a service, as the superuser.
func (s *Stand) connectTo(ctx context.Context, service string) (*pgx.Conn, error) {
	config := s.admin.Config().Copy()
	config.Database = service
	return pgx.ConnectConfig(ctx, config)
}

// kept is a service's log. View events shows the same to people, and takes its time.
const kept = `log JOIN kinds ON kinds.number = log.kind`

// tallyLog adds what one service has in its log.
func (s *Stand) tallyLog(ctx context.Context, service string, t *Tally) (err error) {
	db, err := s.connectTo(ctx, service)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(ctx) }() // every query was answered
	facts := dance.Graph().Facts()
	rows, err := db.Query(ctx, "SELECT type, count(*) FROM "+kept+" GROUP BY type")
	if err != nil {
		return err
	}
	var kind string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&kind, &n}, func() error {
		t.Events += n
		// What a service keeps for itself has names that no fact has.
		if slices.Contains(facts, kind) {
			t.Facts[kind] += n
		}
		return nil
	})
	if err != nil {
		return err
	}
	var marks, duties int64
	// An event may carry a mark in its causation, before the cause.
	err = db.QueryRow(ctx, `SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM log WHERE causation >= '\xff'),
		(SELECT count(*) FROM (SELECT DISTINCT stream, causation FROM `+kept+` WHERE kinds.actor = $1) duty)`, "service:"+service).Scan(&marks, &duties)
	t.Marks, t.Duties = t.Marks+marks, t.Duties+duties
	return err
}

// counters is asked of the broker: what its nodes have received and delivered
// since their start, in messages.
const counters = `maps:fold(fun(_, M, {R, D}) ->
	{R + maps:get(messages_received_total, M, 0), D + maps:get(messages_delivered_total, M, 0)}
end, {0, 0}, rabbit_global_counters:overview()).`

// messages returns what the broker has counted.
func (s *Stand) messages(ctx context.Context) (published, delivered int64, err error) {
	text, err := s.Rabbit.Ctl(ctx, "eval", counters)
	if err != nil {
		return 0, 0, err
	}
	if _, err := fmt.Sscanf(strings.TrimSpace(text), "{%d,%d}", &published, &delivered); err != nil {
		return 0, 0, fmt.Errorf("counters of RabbitMQ are %q: %w", text, err)
	}
	return published, delivered, nil
}

// Since returns what an order needed between two tallies.
func (t Tally) Since(before Tally) limit.Counts {
	orders := t.Placed - before.Placed
	each := func(now, then int64) float64 { return float64(now-then) / float64(max(1, orders)) }
	c := limit.Counts{
		Orders: orders, Calls: 1,
		Units: each(t.Marks, before.Marks), Duties: each(t.Duties, before.Duties), Events: each(t.Events, before.Events),
		Messages: each(t.Published, before.Published), Deliveries: each(t.Delivered, before.Delivered),
		Commits: each(t.Commits, before.Commits),
	}
	graph := dance.Graph()
	for fact, n := range t.Facts {
		said := each(n, before.Facts[fact])
		c.Published += said
		c.Delivered += said * float64(len(graph.Hearers(fact)))
	}
	return c
}
