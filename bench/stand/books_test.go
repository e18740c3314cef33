package stand

import (
	"errors"
	"maps"
	"testing"
)

// happy is what so many delivered orders leave.
func happy(n int64) map[string]int64 {
	facts := map[string]int64{"order.v1.OrderPlaced": n}
	for _, fact := range trail {
		facts[fact] = n
	}
	return facts
}

func TestCheckHoldsFactsToOrders(t *testing.T) {
	t.Parallel()
	whole := happy(7)
	whole["order.v1.OrderPlaced"], whole["payment.v1.PaymentDeclined"], whole["order.v1.OrderCancelled"] = 9, 2, 2
	if err := (Tally{Facts: whole}).check(7, 2, 6); err != nil {
		t.Errorf("check(7 orders, 2 probes, 6 accepted) = %v; want nil", err)
	}
	for name, change := range map[string]func(map[string]int64){
		"one_lost_on_its_way": func(f map[string]int64) { f["shipping.v1.ShipmentDelivered"]-- },
		"one_captured_twice":  func(f map[string]int64) { f["payment.v1.PaymentCaptured"]++ },
		"one_refunded":        func(f map[string]int64) { f["payment.v1.PaymentRefunded"]++ },
		"one_probe_not_ended": func(f map[string]int64) { f["order.v1.OrderCancelled"]-- },
		"one_cancelled":       func(f map[string]int64) { f["order.v1.OrderCancelled"]++ },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			facts := maps.Clone(whole)
			change(facts)
			if err := (Tally{Facts: facts}).check(7, 2, 7); !errors.Is(err, errBooks) {
				t.Errorf("check() = %v; want errBooks", err)
			}
		})
	}
	if err := (Tally{Facts: whole}).check(7, 2, 8); !errors.Is(err, errBooks) {
		t.Errorf("check(8 accepted, 7 there) = %v; want errBooks", err)
	}
}

func TestSinceCountsPerOrder(t *testing.T) {
	t.Parallel()
	before := Tally{Placed: 10, Facts: map[string]int64{"order.v1.OrderPlaced": 10}, Marks: 100, Duties: 20, Events: 50, Commits: 7, Published: 30, Delivered: 60}
	after := Tally{Placed: 14, Facts: map[string]int64{"order.v1.OrderPlaced": 14}, Marks: 140, Duties: 40, Events: 90, Commits: 15, Published: 34, Delivered: 68}
	c := after.Since(before)
	// OrderPlaced is heard by payment and notify.
	if c.Orders != 4 || c.Published != 1 || c.Delivered != 2 || c.Units != 10 || c.Duties != 5 || c.Events != 10 || c.Commits != 2 || c.Messages != 1 || c.Deliveries != 2 {
		t.Errorf("Since() = %+v; want 4 orders, 1 published, 2 delivered, 10 units, 5 duties, 10 events, 2 commits, 1 message and 2 deliveries each", c)
	}
}

// A sample is always the same, and about as large as it should be.
func TestSamplePicks(t *testing.T) {
	t.Parallel()
	s := sample{stride: 4}
	picked := 0
	for i := range 10_000 {
		id := "0190b5c0-0000-4000-8000-0000" + string(rune('a'+i%26)) + string(rune('0'+i/26%10)) + string(rune('0'+i/260%10)) + string(rune('0'+i/2600%10)) + "0000"
		if s.picks(id) != s.picks(id) {
			t.Fatalf("picks(%s) is not always the same", id)
		}
		if s.picks(id) {
			picked++
		}
	}
	if picked < 1500 || picked > 3500 {
		t.Errorf("picked %d of 10,000; want about 2,500", picked)
	}
}
