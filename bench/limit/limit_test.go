package limit_test

import (
	"math"
	"testing"

	"orpheus.example/bench/limit"
)

// The figures of an order as they were before this bench was written, by hand:
// ten publications of 22 us, thirteen deliveries of 35 us, fifteen units.
var (
	costs = limit.Costs{
		BrokerPublish: 22, BrokerDeliver: 35, ClientPublish: 12, ClientDeliver: 12,
		Bundle: 50, BundleBrokerPublish: 60, BundleBrokerDeliver: 90, BundleClientPublish: 60, BundleClientDeliver: 60,
		Unit: 9.5, UnitClient: 6, Duty: 12, DutyClient: 7, Call: 15, CallClient: 15, Encode: 1, Decode: 1,
	}
	counts = limit.Counts{Published: 10, Delivered: 13, Units: 10, Duties: 5, Calls: 1}
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestRateOfSingleFacts(t *testing.T) {
	t.Parallel()
	terms := limit.Terms(costs, counts, false)
	broker := (10*22 + 13*35) / 1000.
	database := (10*9.5 + 5*12) / 1000.
	ours := (10*12 + 13*12 + 10*6 + 5*7 + 15 + 15 + 10 + 13) / 1000.
	by := limit.By(terms)
	if !near(by[limit.Beam], broker) || !near(by[limit.Postgres], database) || !near(by[limit.Go], ours) {
		t.Errorf("By() = %v; want RabbitMQ %g, PostgreSQL %g, Go %g", by, broker, database, ours)
	}
	if got, want := limit.Rate(terms, 2), 2000/(broker+database+ours); !near(got, want) {
		t.Errorf("Rate(2 cores) = %g; want %g", got, want)
	}
}

func TestRateOfBundles(t *testing.T) {
	t.Parallel()
	terms := limit.Terms(costs, counts, true)
	broker := (10./50*60 + 13./50*90) / 1000.
	if by := limit.By(terms); !near(by[limit.Beam], broker) {
		t.Errorf("By() = %v; want RabbitMQ %g", by, broker)
	}
	if single := limit.Terms(costs, counts, false); limit.Rate(terms, 2) <= limit.Rate(single, 2) {
		t.Errorf("Rate(bundled) = %g, Rate(single) = %g; want more bundled", limit.Rate(terms, 2), limit.Rate(single, 2))
	}
}

func TestNothingMeasuredIsNoLimit(t *testing.T) {
	t.Parallel()
	if got := limit.Rate(limit.Terms(limit.Costs{}, limit.Counts{}, true), 2); got != 0 {
		t.Errorf("Rate(nothing) = %g; want 0", got)
	}
}
