package report

import (
	"encoding/json"
	"fmt"

	"orpheus.example/bench/limit"
	"orpheus.example/bench/part"
	"orpheus.example/bench/report/svg"
	"orpheus.example/bench/result"
	"orpheus.example/bench/scene"
)

// medians returns what is the median in each field of several values: structs of
// numbers with names in JSON.
func medians[T any](all []T) (T, error) {
	var out T
	columns := map[string][]float64{}
	for _, one := range all {
		text, err := json.Marshal(one)
		if err != nil {
			return out, err
		}
		var fields map[string]float64
		if err := json.Unmarshal(text, &fields); err != nil {
			return out, err
		}
		for name, v := range fields {
			columns[name] = append(columns[name], v)
		}
	}
	middle := map[string]any{}
	for name, values := range columns {
		middle[name] = result.Of(values...).Median
		if name == "orders" { // the one whole number
			middle[name] = int64(result.Of(values...).Median)
		}
	}
	text, err := json.Marshal(middle)
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal(text, &out)
}

// needs returns what an order costs, and how often it needs what, at saturation.
func (p *page) needs(m result.Mode) (limit.Costs, limit.Counts, bool) {
	var costs []limit.Costs
	for _, parts := range p.Parts {
		costs = append(costs, parts.Costs)
	}
	var counts []limit.Counts
	for _, r := range p.Find(scene.Saturation, m) {
		if r.Counts != nil {
			counts = append(counts, *r.Counts)
		}
	}
	if len(costs) == 0 || len(counts) == 0 {
		return limit.Costs{}, limit.Counts{}, false
	}
	c, err := medians(costs)
	n, err2 := medians(counts)
	return c, n, err == nil && err2 == nil
}

// limit returns how many orders a second this machine could do in a mode.
func (p *page) limit(m result.Mode) (float64, bool) {
	c, n, ok := p.needs(m)
	if !ok {
		return 0, false
	}
	rate := limit.Rate(limit.Terms(c, n, m == result.Bundled), p.Machine.Cores)
	return rate, rate > 0
}

// limits writes the computation out.
func (p *page) limits() {
	if len(p.Parts) == 0 {
		return
	}
	p.say("## What this machine could do at most\n")
	p.say("Each part was measured by itself, at its best: PostgreSQL behind the shop's own log with %d writers in line,"+
		" RabbitMQ behind a bare client with quorum queues and a window of confirms, gRPC with the shop's interceptors and a method that does nothing, protobuf."+
		" How often an order needs each was counted in the databases after the runs at saturation. The sum is the processor time of an order;"+
		" all cores together divided by it is the limit. What is left out (deciding, read models, tracing, waking up, and that the parts stand in each other's way) makes it higher than anybody can reach.\n", part.Writers)
	for _, m := range []result.Mode{result.Single, result.Bundled} {
		p.computation(m)
	}
	p.partRates()
}

func (p *page) computation(m result.Mode) {
	c, n, ok := p.needs(m)
	if !ok {
		return
	}
	terms := limit.Terms(c, n, m == result.Bundled)
	p.say("### %s\n", looks[m].name)
	p.say("Counted per order, over %s orders: %s facts published and %s delivered in %s and %s messages; %s events; %s units with a mark and %s of duties; %s commits of PostgreSQL.\n",
		svg.Figure(float64(n.Orders)), svg.Figure(n.Published), svg.Figure(n.Delivered), svg.Figure(n.Messages), svg.Figure(n.Deliveries),
		svg.Figure(n.Events), svg.Figure(n.Units), svg.Figure(n.Duties), svg.Figure(n.Commits))
	var rows [][]string
	for _, t := range terms {
		rows = append(rows, []string{t.Name, t.Where, svg.Figure(t.Count), svg.Figure(t.Each), fmt.Sprintf("%.3f", t.Sum())})
	}
	rows = append(rows, []string{"**together**", "", "", "", fmt.Sprintf("**%.3f**", limit.PerOrder(terms))})
	p.table([]string{"to", "in", "times an order", "µs each", "ms an order"}, rows)
	p.say("%d cores × 1,000 ms / %.3f ms = **%s orders/s**.\n", p.Machine.Cores, limit.PerOrder(terms), svg.Figure(limit.Rate(terms, p.Machine.Cores)))
}

// partRates says what the parts reached in a second.
func (p *page) partRates() {
	var rows [][]string
	for _, one := range []struct{ name, says string }{
		{"units", "units kept: an event and a mark, through the shop's log"},
		{"duties", "pairs of units kept: a call that is owed, and what came of it"},
		{"messages", "messages of one fact, one hearer"},
		{"facts in bundles", "facts in full bundles, one hearer"},
		{"calls", "calls answered through the shop's interceptors"},
		{"facts written", "facts written as protobuf, on one core"},
	} {
		var values []float64
		for _, parts := range p.Parts {
			if v, ok := parts.Rates[one.name]; ok {
				values = append(values, v)
			}
		}
		if len(values) > 0 {
			rows = append(rows, []string{one.says, figure(result.Of(values...))})
		}
	}
	p.say("The parts by themselves:\n")
	p.table([]string{"", "in a second"}, rows)
}
