// Package limit computes what a machine could do at most: from what each part
// costs by itself, and from how often an order needs it.
//
// The parts are measured alone and at their best, by package part; how often an
// order needs them is counted after a run. What is left out makes the limit
// higher than anybody can reach: deciding, folding, read models, tracing,
// waking up, and that parts stand in each other's way.
package limit

// Costs are what the parts need for one thing, in microseconds of processor time.
type Costs struct {
	// Of RabbitMQ and its client, for messages of one fact.
	BrokerPublish float64 `json:"broker_publish_us"`
	BrokerDeliver float64 `json:"broker_deliver_us"`
	ClientPublish float64 `json:"client_publish_us"` // in Go
	ClientDeliver float64 `json:"client_deliver_us"`

	// The same for one message of Bundle facts.
	Bundle              float64 `json:"bundle"`
	BundleBrokerPublish float64 `json:"bundle_broker_publish_us"`
	BundleBrokerDeliver float64 `json:"bundle_broker_deliver_us"`
	BundleClientPublish float64 `json:"bundle_client_publish_us"`
	BundleClientDeliver float64 `json:"bundle_client_deliver_us"`

	// Of PostgreSQL and the Go code before it, for one unit: an event with the
	// mark of what caused it, or with a piece of waiting work.
	Unit       float64 `json:"unit_us"`
	UnitClient float64 `json:"unit_client_us"`
	Duty       float64 `json:"duty_us"`
	DutyClient float64 `json:"duty_client_us"`

	// Of a call of PlaceOrder that does nothing, and of writing and reading one
	// fact's protobuf.
	Call       float64 `json:"call_us"`
	CallClient float64 `json:"call_client_us"` // in the load generator
	Encode     float64 `json:"encode_us"`
	Decode     float64 `json:"decode_us"`
}

// Counts are how often one order needs a part, on average over a run.
type Counts struct {
	Orders     int64   `json:"orders"`     // over which it was counted
	Published  float64 `json:"published"`  // facts
	Delivered  float64 `json:"delivered"`  // facts, to all hearers together
	Units      float64 `json:"units"`      // with a mark: calls and facts heard
	Duties     float64 `json:"duties"`     // units that record what came of a call to the outside
	Calls      float64 `json:"calls"`      // of PlaceOrder
	Events     float64 `json:"events"`     // in all logs
	Messages   float64 `json:"messages"`   // published to the broker
	Deliveries float64 `json:"deliveries"` // messages, to all hearers together
	Commits    float64 `json:"commits"`    // of PostgreSQL
}

// A Term is one line of the computation: a part, and what an order needs of it.
type Term struct {
	Name  string
	Count float64 // per order
	Each  float64 // microseconds
	Where string  // which program uses the time
}

// Sum returns the time that an order needs, in milliseconds.
func (t Term) Sum() float64 { return t.Count * t.Each / 1000 }

// The programs of a term.
const (
	Beam     = "RabbitMQ"
	Postgres = "PostgreSQL"
	Go       = "Go"
)

// Terms returns the whole computation for one order. Bundled has every message
// carry as many facts as one may, which is more than arrive together in practice.
func Terms(c Costs, n Counts, bundled bool) []Term {
	publish := Term{"publish one fact", n.Published, c.BrokerPublish, Beam}
	deliver := Term{"deliver one fact", n.Delivered, c.BrokerDeliver, Beam}
	send := Term{"publish one fact, client", n.Published, c.ClientPublish, Go}
	take := Term{"take one fact, client", n.Delivered, c.ClientDeliver, Go}
	if bundled && c.Bundle > 0 {
		publish = Term{"publish a full bundle", n.Published / c.Bundle, c.BundleBrokerPublish, Beam}
		deliver = Term{"deliver a full bundle", n.Delivered / c.Bundle, c.BundleBrokerDeliver, Beam}
		send = Term{"publish a full bundle, client", n.Published / c.Bundle, c.BundleClientPublish, Go}
		take = Term{"take a full bundle, client", n.Delivered / c.Bundle, c.BundleClientDeliver, Go}
	}
	return []Term{
		publish, deliver,
		{"keep one unit", n.Units, c.Unit, Postgres},
		{"keep one unit of a duty", n.Duties, c.Duty, Postgres},
		send, take,
		{"keep one unit, client", n.Units, c.UnitClient, Go},
		{"keep one unit of a duty, client", n.Duties, c.DutyClient, Go},
		{"answer one call", n.Calls, c.Call, Go},
		{"make one call", n.Calls, c.CallClient, Go},
		{"write one fact's protobuf", n.Published, c.Encode, Go},
		{"read one fact's protobuf", n.Delivered, c.Decode, Go},
	}
}

// PerOrder returns the processor time that an order needs at least, in
// milliseconds, all terms together.
func PerOrder(terms []Term) float64 {
	var sum float64
	for _, t := range terms {
		sum += t.Sum()
	}
	return sum
}

// Rate returns how many orders a machine of so many cores could do in a second.
func Rate(terms []Term, cores int) float64 {
	each := PerOrder(terms)
	if each == 0 {
		return 0
	}
	return float64(cores) * 1000 / each
}

// By returns the processor time of an order by program, in milliseconds.
func By(terms []Term) map[string]float64 {
	by := map[string]float64{}
	for _, t := range terms {
		by[t.Where] += t.Sum()
	}
	return by
}
