package e2e

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	opsv1 "orpheus.example/gen/go/ops/v1"
	"orpheus.example/onebox/cli"
)

// TestBrokerWiped has the broker lose all it has while orders wait in it. What
// heals them is the command that the runbook names; nothing happens twice.
func TestBrokerWiped(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.list(t, "VASE", 100)
	ids := s.placeMany(t, "VASE", 10)
	if _, err := s.Stop("payment"); err != nil { // what it is to hear waits at the broker
		t.Fatal(err)
	}
	ids = append(ids, s.placeMany(t, "VASE", 10)...)
	s.awaitSaid(t)
	if err := s.Rabbit.Wipe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context(), "payment"); err != nil {
		t.Fatal(err)
	}
	s.awaitQueues(t)
	if out, code := s.orpheus(t, "replay", "--since", "30m", "--operator", "test"); code != cli.ExitOK {
		t.Fatalf("orpheus replay exits with %d:\n%s", code, out)
	}
	if sum := s.checkBooks(t, "VASE", 100, ids); sum.delivered != len(ids) {
		t.Errorf("%+v of %d orders", sum, len(ids))
	}
	s.checkFlow(t)
}

// awaitSaid waits until order's relay has said all there is: it is not the relay
// that is to heal anything.
func (s *shop) awaitSaid(t *testing.T) {
	t.Helper()
	desk := opsv1.NewOpsServiceClient(s.dial(t, "order"))
	eventually(t, "order's relay has said all", func() error {
		r, err := desk.GetLag(t.Context(), &opsv1.GetLagRequest{})
		for _, l := range r.GetLags() {
			if l.GetStep() == "relay" && l.GetWaiting() > 0 {
				err = fmt.Errorf("%d events wait", l.GetWaiting())
			}
		}
		return err
	})
}

// awaitQueues waits until every service can see its queue.
func (s *shop) awaitQueues(t *testing.T) {
	t.Helper()
	eventually(t, "all queues are there", func() error {
		out, code := s.orpheus(t, "lag")
		if code != cli.ExitOK || strings.Contains(out, "?") {
			return fmt.Errorf("orpheus lag exits with %d:\n%s", code, out)
		}
		return nil
	})
}

// orpheus runs a command line on this shop.
func (s *shop) orpheus(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	var printed bytes.Buffer
	p := cli.Program{Out: &printed, Err: &printed, Zone: time.UTC, Env: func(name string) string {
		for _, service := range services {
			if name == "ORPHEUS_"+strings.ToUpper(service)+"_ADDR" {
				return s.Addr(service)
			}
		}
		return ""
	}}
	code = p.Run(t.Context(), args)
	return printed.String(), code
}
