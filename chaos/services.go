package chaos

import (
	"context"
	"errors"
	"time"
)

// Faults of services.

func killService(ctx context.Context, t *trial) error { return t.kill(ctx, 1) }
func killTwo(ctx context.Context, t *trial) error     { return t.kill(ctx, 2) }
func killAll(ctx context.Context, t *trial) error     { return t.kill(ctx, len(services)) }

// kill kills so many services and starts them again, soon or at once.
func (t *trial) kill(ctx context.Context, n int) error {
	t.touch(t.some(n)...)
	for _, name := range t.victims {
		if err := t.Kill(name); err != nil {
			return err
		}
		t.Services++
	}
	pause(ctx, t.between(0, 800*time.Millisecond))
	return t.revive(ctx, func() error {
		var errs []error
		for _, name := range t.victims {
			errs = append(errs, t.Launch(name))
		}
		return errors.Join(errs...)
	})
}

// pauseService stops a service for longer than its leases, or not, and mostly for
// longer than callers wait.
func pauseService(ctx context.Context, t *trial) error {
	t.touch(t.some(1)...)
	if err := t.Pause(t.victims[0]); err != nil {
		return err
	}
	pause(ctx, t.between(500*time.Millisecond, 9*time.Second))
	return t.heal(ctx, func() error { return t.Resume(t.victims[0]) })
}

// comeAndGo gives a service company, kills one of them, and takes the company away
// again in good order.
func comeAndGo(ctx context.Context, t *trial) error {
	t.touch(t.some(1)...)
	name := t.victims[0]
	all := []string{name}
	for i := 2; i <= 2+t.luck.IntN(replicas-1); i++ {
		all = append(all, replica(name, i))
		if err := t.Launch(replica(name, i)); err != nil {
			return err
		}
	}
	pause(ctx, t.between(time.Second, 4*time.Second))
	victim := all[t.luck.IntN(len(all))]
	if err := t.Kill(victim); err != nil {
		return err
	}
	t.Services++
	t.victims = []string{victim}
	pause(ctx, t.between(0, 2*time.Second))
	for _, twin := range all[1:] {
		if t.Pid(twin) == 0 {
			continue
		}
		if _, err := t.Stop(twin); err != nil {
			return err
		}
	}
	return t.revive(ctx, func() error {
		if t.Pid(name) != 0 {
			return nil
		}
		return t.Launch(name)
	})
}
