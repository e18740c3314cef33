package bus_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	good := bus.Message{ID: uuid.New(), Type: "order.v1.OrderPlaced", Body: make([]byte, bus.MaxBody)}
	if err := bus.Check(good); err != nil {
		t.Errorf("Check(%s) = %v; want nil", good.Type, err)
	}
	long := strings.Repeat("x", bus.MaxText+1)
	for name, spoil := range map[string]func(*bus.Message){
		"no_id":      func(m *bus.Message) { m.ID = uuid.Nil },
		"no_type":    func(m *bus.Message) { m.Type = "" },
		"wild_type":  func(m *bus.Message) { m.Type = "order.#" },
		"long_type":  func(m *bus.Message) { m.Type = long },
		"long_body":  func(m *bus.Message) { m.Body = make([]byte, bus.MaxBody+1) },
		"long_actor": func(m *bus.Message) { m.Actor = long },
		"not_utf8":   func(m *bus.Message) { m.Subject = "\xff" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := good
			spoil(&m)
			if err := bus.Check(m); !errors.Is(err, bus.ErrUnfit) {
				t.Errorf("Check(%s) = %v; want %v", name, err, bus.ErrUnfit)
			}
		})
	}
}

// Where an undertaking falls must never change, or what is under way would be
// heard out of turn: these are written out.
func TestPartitionIsStable(t *testing.T) {
	t.Parallel()
	for correlation, want := range map[string]int{
		"": 5, "a": 4, "0198f3ac-5f0e-7c3a-9b1d-2f4e6a8c0b1d": 4, "undertaking-1": 7,
	} {
		if got := bus.Partition(correlation, 8); got != want {
			t.Errorf("Partition(%q, 8) = %d; want %d", correlation, got, want)
		}
		if got := bus.Partition(correlation, 1); got != 0 {
			t.Errorf("Partition(%q, 1) = %d; want 0", correlation, got)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{bus.RoutingKey("order.v1.OrderPlaced", 2), "order.v1.OrderPlaced.2"},
		{bus.QueueName("payment", 0, 1), "payment"},
		{bus.QueueName("payment", 2, 3), "payment.2"},
		{bus.DeadName("payment"), "payment.dead"},
		{bus.Owner("order.v1.OrderPlaced"), "order"},
	} {
		if c.got != c.want {
			t.Errorf("name = %q; want %q", c.got, c.want)
		}
	}
}
