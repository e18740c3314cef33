package e2e

import (
	"context"
	"syscall"
	"testing"
	"time"

	orderv1 "orpheus.example/gen/go/order/v1"
)

// TestFaults kills, on one stack, everything in turn while orders are on their
// way: nothing is lost, and nothing happens twice.
func TestFaults(t *testing.T) {
	t.Parallel()
	s := open(t)
	t.Run("broker_killed", s.testBrokerKilled)
	t.Run("database_killed", s.testDatabaseKilled)
	for _, name := range services {
		t.Run(name+"_killed", func(t *testing.T) { s.testServiceKilled(t, name) })
	}
	t.Run("provider_down", s.testProviderDown)
	t.Run("stop_while_the_broker_hangs", s.testStopWhileBrokerHangs)
	s.checkFlow(t)
}

func (s *shop) testBrokerKilled(t *testing.T) {
	s.list(t, "KETTLE", 100)
	ids := s.placeMany(t, "KETTLE", 20)
	if err := s.Rabbit.Kill(); err != nil {
		t.Fatal(err)
	}
	// The broker is not on the way of a caller: orders are taken all the same.
	for range 20 {
		ids = append(ids, s.mustPlace(t, order("KETTLE", 1)))
	}
	if err := s.Rabbit.Restart(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	s.checkBack(t, "the broker", time.Now(), 5*time.Second, ids[len(ids)-1], services...)
	if sum := s.checkBooks(t, "KETTLE", 100, ids); sum.delivered != len(ids) {
		t.Errorf("%+v of %d orders", sum, len(ids))
	}
}

func (s *shop) testDatabaseKilled(t *testing.T) {
	s.list(t, "POT", 100)
	ids := s.placeMany(t, "POT", 20)
	if err := s.Postgres.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.Postgres.Restart(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	ids = append(ids, s.placeUntilAnswered(t, order("POT", 1)).GetOrderId())
	s.checkBack(t, "the database", back, 5*time.Second, ids[len(ids)-1], services...)
	ids = append(ids, s.placeMany(t, "POT", 10)...)
	if sum := s.checkBooks(t, "POT", 100, ids); sum.delivered != len(ids) {
		t.Errorf("%+v of %d orders", sum, len(ids))
	}
}

func (s *shop) testServiceKilled(t *testing.T, name string) {
	s.mayRepeat = name == "notify"
	defer func() { s.mayRepeat = false }()
	sku := "CUP-" + map[string]string{"order": "O", "payment": "P", "inventory": "I", "shipping": "S", "notify": "N"}[name]
	s.list(t, sku, 100)
	ids := s.placeMany(t, sku, 20)
	if err := s.Kill(name); err != nil {
		t.Fatal(err)
	}
	if name != "order" { // what it is to handle then waits for it
		ids = append(ids, s.mustPlace(t, order(sku, 1)))
	}
	start := time.Now()
	if err := s.Launch(name); err != nil {
		t.Fatal(err)
	}
	if name == "order" {
		ids = append(ids, s.placeUntilAnswered(t, order(sku, 1)).GetOrderId())
	}
	s.checkBack(t, name, start, 2*time.Second, ids[len(ids)-1], name)
	ids = append(ids, s.placeMany(t, sku, 10)...)
	if sum := s.checkBooks(t, sku, 100, ids); sum.delivered != len(ids) {
		t.Errorf("%+v of %d orders", sum, len(ids))
	}
}

// While the provider is down, orders are taken and wait for their money; when it
// is back they go on by themselves.
func (s *shop) testProviderDown(t *testing.T) {
	s.list(t, "JUG", 10)
	s.set(t, "provider", "down")
	id := s.mustPlace(t, order("JUG", 1))
	eventually(t, "the order waits for its money", func() error {
		p, err := s.orders.GetOrderProgress(t.Context(), &orderv1.GetOrderProgressRequest{OrderId: id})
		if err == nil && (len(p.GetAwaited()) != 1 || p.GetAwaited()[0].GetFromService() != "payment" || p.GetAwaited()[0].GetDeadline() == nil) {
			err = errNotYet
		}
		return err
	})
	s.set(t, "provider", "ok")
	if sum := s.checkBooks(t, "JUG", 10, []string{id}); sum.delivered != 1 {
		t.Errorf("%+v; want one delivered", sum)
	}
}

// A broker that hangs must not keep a service from ending, nor from starting.
func (s *shop) testStopWhileBrokerHangs(t *testing.T) {
	s.list(t, "TRAY", 10)
	if err := s.Rabbit.Pause(); err != nil {
		t.Fatal(err)
	}
	id := s.mustPlace(t, order("TRAY", 1))
	asked := time.Now()
	if err := syscall.Kill(s.Pid("order"), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "order ends", func() error {
		if s.Pid("order") != 0 {
			return errNotYet
		}
		return nil
	})
	t.Logf("order has ended after %.2f s; ten are asked for", time.Since(asked).Seconds())
	if err := s.Start(t.Context(), "order"); err != nil {
		t.Fatal(err)
	}
	if err := s.Rabbit.Resume(); err != nil {
		t.Fatal(err)
	}
	if sum := s.checkBooks(t, "TRAY", 10, []string{id}); sum.delivered != 1 {
		t.Errorf("%+v; want one delivered", sum)
	}
}
