package chaos

import (
	"context"
	"time"
)

// Faults of the database.

func killDatabase(ctx context.Context, t *trial) error {
	t.touchAll()
	if err := t.Postgres.Kill(); err != nil {
		return err
	}
	t.Databases++
	pause(ctx, t.between(0, 2*time.Second))
	return t.heal(ctx, func() error { return t.Postgres.Restart(ctx) })
}

func pauseDatabase(ctx context.Context, t *trial) error {
	t.touchAll()
	if err := t.Postgres.Pause(); err != nil {
		return err
	}
	pause(ctx, t.between(time.Second, 8*time.Second))
	return t.heal(ctx, t.Postgres.Resume)
}

// killBackends ends the sessions of one service, but for the one that asks.
func killBackends(ctx context.Context, t *trial) error {
	t.touch(t.some(1)...)
	var ended int
	err := t.pulse.ask(ctx, t.victims[0], &ended,
		"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	if err != nil {
		return err
	}
	return t.passed(ctx)
}
