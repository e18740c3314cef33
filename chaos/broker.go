package chaos

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"orpheus.example/kit/bus"
)

// Faults of the broker.

func killBroker(ctx context.Context, t *trial) error {
	t.touchAll()
	if err := t.Rabbit.Kill(); err != nil {
		return err
	}
	t.Brokers++
	pause(ctx, t.between(0, 2*time.Second))
	return t.reopen(ctx, t.Rabbit.Addr(), func() error { return t.Rabbit.Restart(ctx) })
}

func pauseBroker(ctx context.Context, t *trial) error {
	t.touchAll()
	if err := t.Rabbit.Pause(); err != nil {
		return err
	}
	pause(ctx, t.between(time.Second, 12*time.Second))
	return t.heal(ctx, t.Rabbit.Resume)
}

// wipeBroker takes everything from the broker. Services make their queues again by
// themselves; what was on its way is in the logs, and is said again.
func wipeBroker(ctx context.Context, t *trial) error {
	t.touchAll()
	begun := time.Now()
	if err := t.Rabbit.Wipe(ctx); err != nil {
		return err
	}
	t.Brokers++
	t.Wipes++
	return t.heal(ctx, func() error { return t.sayAgain(ctx, begun) })
}

// deleteQueue deletes the queue of a service with all that is in it. What it lost
// is said again.
func deleteQueue(ctx context.Context, t *trial) error {
	t.touch(t.some(1)...)
	begun := time.Now()
	if _, err := t.Rabbit.Ctl(ctx, "delete_queue", t.victims[0]); err != nil {
		return err
	}
	return t.heal(ctx, func() error { return t.sayAgain(ctx, begun) })
}

// deleteExchange deletes the exchange that facts go through, and with it what leads
// from there to the queues. Relays make it again at once, hearers bind their queues
// again one by one: what is said meanwhile reaches nobody, and waits, or only some,
// and is said again.
func deleteExchange(ctx context.Context, t *trial) error {
	t.touchAll()
	begun := time.Now()
	expression := fmt.Sprintf("rabbit_exchange:delete({resource, <<%q>>, exchange, <<%q>>}, false, <<\"chaos\">>).", "/", bus.Exchange)
	if _, err := t.Rabbit.Ctl(ctx, "eval", expression); err != nil {
		return err
	}
	return t.heal(ctx, func() error { return t.sayAgain(ctx, begun) })
}

// fillBroker has every queue refuse what is published while it holds anything.
func fillBroker(ctx context.Context, t *trial) error {
	return t.while(ctx, t.between(2*time.Second, 5*time.Second),
		[]string{"set_policy", "full", ".*", `{"max-length":1}`, "--apply-to", "queues"},
		[]string{"clear_policy", "full"})
}

// before is how long a fact may have been on its way when it was lost.
const before = time.Minute

// sayAgain waits for the queues and has all services say again what they have said
// since shortly before a time.
func (t *trial) sayAgain(ctx context.Context, begun time.Time) error {
	if err := t.settleQueues(ctx); err != nil {
		return err
	}
	since := begun.Add(-before)
	errs := make([]error, len(services))
	var all sync.WaitGroup
	for i, name := range services {
		all.Go(func() { errs[i] = t.replay(ctx, name, since) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func closeConnections(ctx context.Context, t *trial) error {
	t.touchAll()
	if _, err := t.Rabbit.Ctl(ctx, "close_all_connections", "chaos"); err != nil {
		return err
	}
	return t.passed(ctx)
}

// while changes something about the broker for a time, and changes it back. An
// error of the first is not the end: what it may have done must be undone.
func (t *trial) while(ctx context.Context, d time.Duration, change, undo []string) error {
	t.touchAll()
	_, err := t.Rabbit.Ctl(ctx, change...)
	if err == nil {
		pause(ctx, d)
	}
	undone := t.heal(ctx, func() error { _, err := t.Rabbit.Ctl(ctx, undo...); return err })
	if err != nil {
		return err
	}
	return undone
}

func memoryAlarm(ctx context.Context, t *trial) error {
	return t.while(ctx, t.between(2*time.Second, 6*time.Second),
		[]string{"set_vm_memory_high_watermark", "0.00000001"},
		[]string{"set_vm_memory_high_watermark", "absolute", "512MB"})
}

// diskAlarm lasts longer than the ten seconds after which the broker looks at its
// disk.
func diskAlarm(ctx context.Context, t *trial) error {
	return t.while(ctx, t.between(11*time.Second, 14*time.Second),
		[]string{"set_disk_free_limit", "900GB"},
		[]string{"set_disk_free_limit", "50MB"})
}

func revokePermission(ctx context.Context, t *trial) error {
	return t.while(ctx, t.between(2*time.Second, 5*time.Second),
		[]string{"clear_permissions", "guest"},
		[]string{"set_permissions", "guest", ".*", ".*", ".*"})
}

// How the broker is told to lose patience, and to be as it was. It reads both when
// a channel is opened, so all are closed after that.
const (
	impatient = "application:set_env(rabbit, consumer_timeout, 2000), application:set_env(rabbit, channel_tick_interval, 500)."
	patient   = "application:set_env(rabbit, consumer_timeout, 1800000), application:set_env(rabbit, channel_tick_interval, 60000)."
)

// consumerTimeout keeps services from acknowledging, by a database that hangs, for
// longer than the broker waits.
func consumerTimeout(ctx context.Context, t *trial) error {
	t.touchAll()
	if err := t.setPatience(ctx, impatient); err != nil {
		return err
	}
	pause(ctx, 2*time.Second) // for all to be back
	if err := t.Postgres.Pause(); err != nil {
		return err
	}
	pause(ctx, t.between(5*time.Second, 7*time.Second))
	return t.heal(ctx, func() error {
		if err := t.Postgres.Resume(); err != nil {
			return err
		}
		return t.setPatience(ctx, patient)
	})
}

func (t *trial) setPatience(ctx context.Context, expression string) error {
	if _, err := t.Rabbit.Ctl(ctx, "eval", expression); err != nil {
		return err
	}
	_, err := t.Rabbit.Ctl(ctx, "close_all_connections", "chaos")
	return err
}
