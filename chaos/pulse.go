package chaos

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"orpheus.example/deploy/devstack"
)

const (
	// beat is how often it is looked whether a service handles messages. It is
	// what recovery times are exact to.
	beat = 10 * time.Millisecond
	// lookWithin bounds one look into a database.
	lookWithin = 20 * time.Second
)

// A pulse looks into the logs of services, past them and past the proxies, to see
// whether they handle what they hear.
type pulse struct {
	stack *devstack.Stack

	mu    sync.Mutex // held while a database is asked
	conns map[string]*pgx.Conn
}

func newPulse(s *devstack.Stack) *pulse { return &pulse{stack: s, conns: map[string]*pgx.Conn{}} }

func (p *pulse) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close(context.Background()) // nothing was asked that is not answered
	}
}

// ask asks a service's database for one value.
func (p *pulse) ask(ctx context.Context, service string, into any, query string, args ...any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	c := p.conns[service]
	if c == nil || c.IsClosed() {
		var err error
		if c, err = pgx.Connect(ctx, p.stack.DatabaseURL(service)); err != nil {
			return fmt.Errorf("look into the log of %s: %w", service, err)
		}
		p.conns[service] = c
	}
	return c.QueryRow(ctx, query, args...).Scan(into)
}

// head returns the position of the last event of a service.
func (p *pulse) head(ctx context.Context, service string) (at int64, err error) {
	return at, p.ask(ctx, service, &at, "SELECT position FROM head")
}

// heads returns those of several services, and waits for a database that is only
// just coming up.
func (p *pulse) heads(ctx context.Context, of []string) (map[string]int64, error) {
	all := map[string]int64{}
	for _, service := range of {
		err := eventually(ctx, patience, beat, "the log of "+service+" can be read", func() (err error) {
			all[service], err = p.head(ctx, service)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// heard is whether anything was kept after a position that came of a fact, and not
// of a caller, a duty or an alarm: those go on while nothing is heard. Each
// database has the name of its service, and so have the marks of what it heard.
const heard = `SELECT EXISTS (SELECT FROM events WHERE position > $1 AND consumer = current_database())`

// heardOf is the same, about certain orders only.
const heardOf = `SELECT EXISTS (SELECT FROM events WHERE position > $1 AND consumer = current_database()
	AND correlation = ANY ($2))`

// awaitAny returns when all services have handled a message after their positions.
// It may be one that they had in hand before.
func (p *pulse) awaitAny(ctx context.Context, since map[string]int64) error {
	return p.await(ctx, since, patience, func(service string, at int64) (yes bool, err error) {
		return yes, p.ask(ctx, service, &yes, heard, at)
	})
}

// awaitFresh returns when all services have handled a message about one of the
// orders, which came into being only after all was put right.
func (p *pulse) awaitFresh(ctx context.Context, since map[string]int64, within time.Duration, fresh func() []string) error {
	return p.await(ctx, since, within, func(service string, at int64) (yes bool, err error) {
		return yes, p.ask(ctx, service, &yes, heardOf, at, fresh())
	})
}

// await returns when something is true of all services.
func (p *pulse) await(ctx context.Context, since map[string]int64, within time.Duration, is func(string, int64) (bool, error)) error {
	left := maps.Clone(since)
	return eventually(ctx, within, beat, "services handle messages again", func() error {
		for service, at := range left {
			yes, err := is(service, at)
			if err != nil {
				return err
			}
			if !yes {
				return fmt.Errorf("%s does not", service)
			}
			delete(left, service)
		}
		return nil
	})
}
