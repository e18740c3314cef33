package rabbitbus_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/rabbitbus"
	"orpheus.example/kit/servers"
	"orpheus.example/kit/servers/servertest"
)

// What can only be done to a broker that nobody else uses. The cases share one,
// because it takes five seconds to start, and so come one after the other.
func TestOwnBroker(t *testing.T) {
	t.Parallel()
	rabbit := servertest.Rabbit(t)
	for _, c := range []struct {
		name string
		test func(*testing.T, *servers.Rabbit, fixture)
	}{
		{"alarm_blocks_publishing_only", alarmBlocksPublishingOnly},
		{"alarm_does_not_hold_up_close", alarmDoesNotHoldUpClose},
		{"frozen_broker_holds_up_nobody", frozenBrokerHoldsUpNobody},
		{"connections_closed_by_an_operator_come_back", closedConnectionsComeBack},
		{"full_queue_refuses", fullQueueRefuses},
		{"wiped_broker_is_made_whole", wipedBrokerIsMadeWhole},
		{"killed_broker_is_found_again", killedBrokerIsFoundAgain},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.test(t, rabbit, setUp(t, configFor(t, rabbit.URL())))
		})
	}
}

// mustAlarm makes the broker believe that it is short of memory, until the test
// ends or the function it returns is called.
func mustAlarm(t *testing.T, rabbit *servers.Rabbit) (end func()) {
	t.Helper()
	mustCtl(t, rabbit, "set_vm_memory_high_watermark", "0.00000001")
	ended := false
	end = func() {
		if !ended {
			ended = true
			// Not the test's context: it is done when tests are cleaned up.
			if _, err := rabbit.Ctl(context.Background(), "set_vm_memory_high_watermark", "0.8"); err != nil {
				t.Errorf("end the alarm: %v", err)
			}
		}
	}
	t.Cleanup(end)
	return end
}

// mustBlock publishes until the broker is known to take nothing.
func mustBlock(t *testing.T, b *rabbitbus.Bus) {
	t.Helper()
	eventually(t, "be blocked", func() error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.Publish(ctx, batch(300)); !errors.Is(err, bus.ErrBlocked) {
			return errors.Join(errors.New("not blocked"), err)
		}
		return nil
	})
}

// While the broker is short of memory publishing fails at once, hearing goes
// on, and when it is over publishing goes on by itself.
func alarmBlocksPublishingOnly(t *testing.T, rabbit *servers.Rabbit, f fixture) {
	said := []bus.Message{{ID: uuid.New(), Type: placed}, {ID: uuid.New(), Type: placed}}
	if _, err := f.bus.Publish(t.Context(), said); err != nil {
		t.Fatalf("Publish = %v; want nil", err)
	}
	end := mustAlarm(t, rabbit)
	mustBlock(t, f.bus)
	checkFast(t, "Publish while blocked", 500*time.Millisecond, func() {
		n, err := f.bus.Publish(t.Context(), batch(5000))
		if n != 0 || !errors.Is(err, bus.ErrBlocked) {
			t.Errorf("Publish while blocked = %d, %v; want 0, %v", n, err, bus.ErrBlocked)
		}
	})
	if err := f.queue.Ack(f.mustReceive(t, 2)...); err != nil {
		t.Errorf("Ack while blocked = %v; want nil", err)
	}
	end()
	f.checkFlows(t)
}

func alarmDoesNotHoldUpClose(t *testing.T, rabbit *servers.Rabbit, f fixture) {
	defer mustAlarm(t, rabbit)()
	mustBlock(t, f.bus)
	checkFast(t, "Close while blocked", 3*time.Second, func() { mustClose(t, f.bus) })
}

// A broker that is there and does nothing: callers get away when they want to,
// Close too, and those who stay go on when it does.
func frozenBrokerHoldsUpNobody(t *testing.T, rabbit *servers.Rabbit, f fixture) {
	other := setUp(t, configFor(t, rabbit.URL()))
	if err := rabbit.Pause(); err != nil {
		t.Fatalf("Pause = %v; want nil", err)
	}
	defer rabbit.Resume()
	// All its threads stop, but not at the same moment.
	eventually(t, "find the broker frozen", func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		var n int
		var err error
		checkFast(t, "Publish to a frozen broker", time.Second, func() { n, err = f.bus.Publish(ctx, batch(256)) })
		if !errors.Is(err, context.DeadlineExceeded) {
			return errors.Join(fmt.Errorf("%d confirmed; want %w", n, context.DeadlineExceeded), err)
		}
		return nil
	})
	checkFast(t, "Close of a frozen broker", 3*time.Second, func() { mustClose(t, f.bus) })
	// Its heartbeats are overdue: the others have given up, and say so at once.
	eventually(t, "notice", func() error {
		if _, err := other.bus.Publish(t.Context(), batch(1)); !errors.Is(err, bus.ErrDown) {
			return errors.New("not down")
		}
		return nil
	})
	if err := rabbit.Resume(); err != nil {
		t.Fatalf("Resume = %v; want nil", err)
	}
	if took := other.checkFlows(t); took > recovery {
		t.Errorf("it took %v until messages flowed; want at most %v", took, recovery)
	}
}

func closedConnectionsComeBack(t *testing.T, rabbit *servers.Rabbit, f fixture) {
	f.checkFlows(t)
	mustCtl(t, rabbit, "close_all_connections", "because")
	if took := f.checkFlows(t); took > recovery {
		t.Errorf("it took %v until messages flowed; want at most %v", took, recovery)
	}
}

// A queue that holds all it may refuses more, and nothing is lost by it.
func fullQueueRefuses(t *testing.T, rabbit *servers.Rabbit, f fixture) {
	if err := f.queue.Close(t.Context()); err != nil {
		t.Fatalf("Queue.Close = %v; want nil", err)
	}
	mustCtl(t, rabbit, "set_policy", "short", "^"+f.hearer+"$", `{"max-length": 5}`, "--apply-to", "queues")
	defer mustCtl(t, rabbit, "clear_policy", "short")
	confirmed := 0
	eventually(t, "fill the queue", func() error {
		n, err := f.bus.Publish(t.Context(), []bus.Message{{ID: uuid.New(), Type: placed}})
		if confirmed += n; errors.Is(err, bus.ErrRefused) {
			return nil
		}
		return errors.Join(errors.New("not refused"), err)
	})
	again, err := f.bus.Subscribe(t.Context(), bus.Subscription{Queue: f.hearer, Types: []string{placed}})
	if err != nil {
		t.Fatalf("Subscribe = %v; want nil", err)
	}
	f.queue = again
	if got := len(f.mustReceive(t, confirmed)); got < confirmed {
		t.Errorf("received %d; want the %d that were confirmed", got, confirmed)
	}
}

// A broker that comes back empty is given all its queues again.
func wipedBrokerIsMadeWhole(t *testing.T, rabbit *servers.Rabbit, f fixture) {
	f.checkFlows(t)
	if err := rabbit.Wipe(t.Context()); err != nil {
		t.Fatalf("Wipe = %v; want nil", err)
	}
	if took := f.checkFlows(t); took > recovery {
		t.Errorf("it took %v until messages flowed; want at most %v", took, recovery)
	}
}

func killedBrokerIsFoundAgain(t *testing.T, rabbit *servers.Rabbit, f fixture) {
	f.checkFlows(t)
	mustRestart(t, rabbit)
	if took := f.checkFlows(t); took > recovery {
		t.Errorf("it took %v until messages flowed; want at most %v", took, recovery)
	}
}
