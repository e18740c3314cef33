package peer_test

import (
	"testing"
	"time"

	"orpheus.example/bench/peer"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/onebox/load"
)

// TestLoad drives the peer with the generator that drives the shop.
func TestLoad(t *testing.T) {
	t.Parallel()
	s := open(t)
	mix, err := load.ParseMix("happy=7,declined=1,insufficient-funds=1,no-stock=1")
	if err != nil {
		t.Fatalf("ParseMix() = %v; want nil", err)
	}
	report, err := load.Run(t.Context(), load.Config{
		Orders: []orderv1.OrderServiceClient{s.orders}, Stock: s.stock,
		Rate: 20, Duration: 2 * time.Second, Mix: mix, SKUs: 5, Lines: 3, Seed: 1, WatchShare: 1,
		Deadline: patience, Drain: patience,
	}, nil)
	if err != nil {
		t.Fatalf("Run() = %v; want nil", err)
	}
	if report.Accepted == 0 || report.Accepted != report.Sent || !report.Drained || report.Lost != 0 {
		t.Errorf("%d of %d orders accepted, %d open, %d lost; want all to end", report.Accepted, report.Sent, report.Open, report.Lost)
	}
	if report.Delivered.Count == 0 || report.LostSight != 0 {
		t.Errorf("%d orders seen delivered, %d lost sight of; want some and none", report.Delivered.Count, report.LostSight)
	}
	eventually(t, func() error {
		books, err := peer.Check(t.Context(), s.config)
		if err != nil {
			return err
		}
		return books.Err()
	})
}
