package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// oldestPostgres is the oldest that the services take.
const oldestPostgres = 130_000

// What a database must be set to so that nothing that was acknowledged is lost.
var durable = []struct{ name, want, do string }{
	{"fsync", "on", "set fsync = on in postgresql.conf and restart; without it a power cut can ruin the database, and services refuse to start"},
	{"full_page_writes", "on", "set full_page_writes = on in postgresql.conf and reload; without it a power cut can tear pages"},
}

// databases asks every database for the settings that services rely on.
func (d *doctor) databases(ctx context.Context) {
	for _, name := range slices.Sorted(maps.Keys(d.Databases)) {
		part := "database " + name
		err := d.within(ctx, func(ctx context.Context) error { return d.database(ctx, part, d.Databases[name]) })
		if err != nil {
			d.say(part, Missing, line(err), "see that it runs, and that the URL is right; services wait for it")
		}
	}
}

func (d *doctor) database(ctx context.Context, part, url string) error {
	conn, err := pgx.Connect(ctx, url) // its errors hide the password
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }() // it was only asked
	asked := d.Now()
	var version int
	var now time.Time
	if err := conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, clock_timestamp()`).Scan(&version, &now); err != nil {
		return err
	}
	d.clock(part, asked, now, 0)
	if version < oldestPostgres {
		d.say(part, Bad, fmt.Sprintf("PostgreSQL %d", version/10_000), "use PostgreSQL 13 or later; services refuse to start on this one")
	} else {
		d.say(part, Fine, fmt.Sprintf("PostgreSQL %d.%d", version/10_000, version%10_000), "")
	}
	return d.settings(ctx, part, conn)
}

func (d *doctor) settings(ctx context.Context, part string, conn *pgx.Conn) error {
	for _, s := range durable {
		var got string
		if err := conn.QueryRow(ctx, `SELECT current_setting($1)`, s.name).Scan(&got); err != nil {
			return err
		}
		d.setting(part, s.name, got, got == s.want, s.do)
	}
	var got string
	if err := conn.QueryRow(ctx, `SELECT current_setting('synchronous_commit')`).Scan(&got); err != nil {
		return err
	}
	d.setting(part, "synchronous_commit", got, got != "off", "set synchronous_commit to on, or to remote_apply with a standby; with off a crash loses what was acknowledged, and services refuse to start")
	return nil
}

func (d *doctor) setting(part, name, got string, good bool, do string) {
	if good {
		d.say(part, Fine, name+" is "+got, "")
		return
	}
	d.say(part, Bad, name+" is "+got, do)
}
