package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"orpheus.example/bench/report/svg"
	"orpheus.example/bench/result"
	"orpheus.example/bench/scene"
	"orpheus.example/onebox/load"
)

// throughput shows what each mode can do.
func (p *page) throughput() {
	var bars []svg.Bar
	var rows [][]string
	peer := p.peerBest()
	for _, m := range compared {
		s := p.rate(scene.Saturation, m)
		if s.N == 0 {
			continue
		}
		limit, _ := p.limit(m)
		look := looks[m]
		bars = append(bars, svg.Bar{Name: look.name, Value: s.Median, Least: s.Least, Most: s.Most, Color: look.color, Mark: limit})
		rows = append(rows, []string{look.name, figure(s), times(s.Median, peer), orNone(limit), p.window(m)})
	}
	if len(rows) == 0 {
		return
	}
	p.say("## Orders per second\n")
	p.say("At saturation: so many orders are kept under way that every mode shows what it can do. A dashed line is the computed limit.\n")
	p.draw("throughput.svg", "Orders per second", svg.Bars("Orders per second, placed to delivered", "", bars))
	p.table([]string{"", "orders/s", "of the peer", "limit", "under way"}, rows)
}

// compared reports whether any mode was measured at all.
func (p *page) compared() bool {
	return slices.ContainsFunc(compared, func(m result.Mode) bool { return p.rate(scene.Saturation, m).N > 0 })
}

func times(a, b float64) string {
	if b == 0 {
		return ""
	}
	return svg.Figure(a/b) + "×"
}

func orNone(v float64) string {
	if v == 0 {
		return ""
	}
	return svg.Figure(v)
}

func (p *page) window(m result.Mode) string {
	return svg.Figure(p.Spread(scene.Saturation, m, func(r result.Run) float64 { return r.Load.UnderWay }).Median)
}

// A what is one of the latencies of a load.
type what struct {
	name string
	of   func(r load.Report) load.Latency
}

var whats = []what{
	{"PlaceOrder", func(r load.Report) load.Latency { return r.Place }},
	{"placed→confirmed", func(r load.Report) load.Latency { return r.Confirmed }},
	{"placed→delivered", func(r load.Report) load.Latency { return r.Delivered }},
}

// latency shows how long orders take, at each of the loads.
func (p *page) latency() {
	if !p.compared() {
		return
	}
	p.say("## Latency\n")
	p.say("In milliseconds, from the time at which an order was due. Confirmed and delivered are as a client sees them that watches the order.\n")
	for _, s := range []string{scene.Fifty, scene.HalfPeer, scene.Half, scene.Saturation} {
		p.latencyAt(s)
	}
}

func (p *page) latencyAt(s string) {
	var rows [][]string
	var curves []svg.Curve
	for _, m := range compared {
		runs := p.Find(s, m)
		if len(runs) == 0 {
			continue
		}
		for _, w := range whats {
			row := []string{looks[m].name + ": " + w.name, svg.Figure(p.rate(s, m).Median)}
			for _, q := range []func(load.Latency) time.Duration{
				func(l load.Latency) time.Duration { return l.P50 }, func(l load.Latency) time.Duration { return l.P99 },
				func(l load.Latency) time.Duration { return l.P999 },
			} {
				row = append(row, figure(p.Spread(s, m, func(r result.Run) float64 { return ms(q(w.of(r.Load))) })))
			}
			rows = append(rows, row)
		}
		curves = append(curves, svg.Curve{Name: looks[m].name, Color: looks[m].color, Points: points(runs)})
	}
	if len(rows) == 0 {
		return
	}
	p.say("### At %s\n", s)
	if s == scene.Half || s == scene.HalfPeer {
		name := map[string]string{scene.Half: "latency-half.svg", scene.HalfPeer: "latency-peer.svg"}[s]
		title := "placed→delivered at " + s
		p.draw(name, title, svg.Curves(title, curves))
	}
	p.table([]string{"", "orders/s", "p50", "p99", "p99.9"}, rows)
}

// shown are the percentiles that a curve is drawn through.
var shown = []float64{0, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99}

// points returns the curve of placed→delivered over all runs together. A
// percentile that fewer orders lie beyond than ten is left out: it is chance.
func points(runs []result.Run) []svg.Point {
	all := hdrhistogram.New(1, time.Hour.Microseconds(), 3)
	for _, r := range runs {
		if h, err := hdrhistogram.Decode([]byte(r.Load.Delivered.HDR)); err == nil {
			all.Merge(h)
		}
	}
	var points []svg.Point
	for _, q := range shown {
		if all.TotalCount() > 0 && (q <= 50 || float64(all.TotalCount())*(1-q/100) >= 10) {
			points = append(points, svg.Point{Percent: q, Value: float64(all.ValueAtQuantile(q)) / 1000})
		}
	}
	return points
}

// costs shows what an order costs, by process.
func (p *page) costs() {
	if !p.compared() {
		return
	}
	p.say("## What an order costs\n")
	p.say("Processor time in milliseconds for one order, WAL in kB, in the steady time of each load; memory in MB at its end (shared pages count for each process in part).\n")
	for _, s := range []string{scene.Saturation, scene.Half, scene.Fifty} {
		p.costsAt(s)
	}
}

func (p *page) costsAt(s string) {
	for _, m := range compared {
		runs := p.Find(s, m)
		if len(runs) == 0 {
			continue
		}
		var rows [][]string
		for _, process := range slices.Sorted(maps.Keys(runs[0].CPU)) {
			rows = append(rows, []string{
				process,
				figure(p.Spread(s, m, func(r result.Run) float64 { return r.CPUPerOrder(process) })),
				figure(p.Spread(s, m, func(r result.Run) float64 { return float64(r.Memory[process]) / (1 << 20) })),
			})
		}
		rows = append(rows, []string{"**together**", figure(p.Spread(s, m, func(r result.Run) float64 { return r.CPUPerOrder("") })), ""})
		p.say("**%s, %s**: %s orders/s, WAL %s kB an order, %s of %d cores used\n", looks[m].name, s, figure(p.rate(s, m)),
			figure(p.Spread(s, m, func(r result.Run) float64 { return r.WALPerOrder() / 1000 })),
			figure(p.Spread(s, m, coresUsed)), p.Machine.Cores)
		p.table([]string{"process", "CPU ms", "memory MB"}, rows)
	}
}

// coresUsed returns how many cores all processes together kept busy.
func coresUsed(r result.Run) float64 {
	if r.Window == 0 {
		return 0
	}
	var sum time.Duration
	for _, d := range r.CPU {
		sum += d
	}
	return sum.Seconds() / r.Window.Seconds()
}

// others shows the scenarios besides.
func (p *page) others() {
	var rows [][]string
	add := func(name, s string, m result.Mode) {
		if p.rate(s, m).N == 0 {
			return
		}
		rows = append(rows, []string{
			name, figure(p.rate(s, m)),
			figure(p.Spread(s, m, func(r result.Run) float64 { return ms(r.Load.Delivered.P50) })),
			figure(p.Spread(s, m, func(r result.Run) float64 { return ms(r.Load.Delivered.P99) })),
			figure(p.Spread(s, m, func(r result.Run) float64 { return r.CPUPerOrder("") })),
			figure(p.Spread(s, m, func(r result.Run) float64 { return r.WALPerOrder() / 1000 })),
		})
	}
	add("orders of one item each, of a thousand", scene.Spread, result.Bundled)
	add("all orders of the same item", scene.Hot, result.Bundled)
	add("orders of 20 items each", scene.Lines, result.Bundled)
	for n := 1; n <= scene.MostReplicas; n++ {
		add(fmt.Sprintf("replicas of each service: %d", n), scene.Replicas(n), result.Bundled)
	}
	add("log empty at the start", scene.EmptyLog, result.Bundled)
	add("log of order prefilled with "+svg.Figure(float64(p.Plan.Events))+" events", scene.LongLog, result.Bundled)
	add("embedded, files with full durability", scene.Embedded, result.OnFile)
	add("embedded, in memory", scene.Embedded, result.InMind)
	if len(rows) > 0 {
		p.say("## Other loads, at saturation\n")
		p.table([]string{"", "orders/s", "delivered p50 ms", "p99 ms", "CPU ms an order", "WAL kB an order"}, rows)
	}
	p.timings()
}

// timings shows what is no load.
func (p *page) timings() {
	var rows [][]string
	for _, one := range []struct {
		says, scene, value, unit string
		mode                     result.Mode
	}{
		{"orders placed while the broker was down", scene.Backlog, "orders", "", result.Bundled},
		{"… placed in a second meanwhile", scene.Backlog, "placed per s", "", result.Bundled},
		{"… all delivered after the broker came back", scene.Backlog, "seconds", " s", result.Bundled},
		{"… which is, in a second", scene.Backlog, "delivered per s", " orders", result.Bundled},
		{"from the start of all daemons until all serve", scene.Start, "ready ms", " ms", result.Bundled},
		{"… until the first order is delivered", scene.Start, "delivered ms", " ms", result.Bundled},
		{"embedded, new files: from the start to the first order delivered", scene.Start, "delivered ms", " ms", result.OnFile},
		{"embedded, in memory: the same", scene.Start, "delivered ms", " ms", result.InMind},
		{"idle, all daemons together", scene.Idle, scene.Daemons + " %", " % of a core", result.Bundled},
		{"idle, RabbitMQ", scene.Idle, "RabbitMQ %", " % of a core", result.Bundled},
		{"idle, PostgreSQL", scene.Idle, "PostgreSQL %", " % of a core", result.Bundled},
	} {
		if s := p.Timed(one.scene, one.mode, one.value); s.N > 0 {
			rows = append(rows, []string{one.says, figure(s) + one.unit})
		}
	}
	if len(rows) > 0 {
		p.say("## Backlog, start, rest\n")
		p.table([]string{"", ""}, rows)
	}
}

// where says on what, with what, and from which files.
func (p *page) where() {
	p.say("## How it was measured\n")
	p.books()
	p.say("Versions: %s.\n", pairs(p.Versions))
	p.say("PostgreSQL and RabbitMQ, the same for all: %s.\n", pairs(p.Servers))
	for _, m := range compared {
		if len(p.Settings[m]) > 0 {
			p.say("Settings of %s, beside its defaults: %s.\n", looks[m].name, pairs(p.Settings[m]))
		}
	}
	p.lengths()
	var rows [][]string
	for _, s := range p.sources {
		rows = append(rows, []string{
			"[" + s.Path + "](../" + s.Path + ")", s.Begun.Format("2006-01-02 15:04"), s.Ended.Sub(s.Begun).Round(time.Minute).String(), s.Machine.Commit,
		})
	}
	p.table([]string{"raw results", "begun (UTC)", "took", "commit"}, rows)
}

// lengths says how often every load was measured, and for how long.
func (p *page) lengths() {
	type load struct {
		scene string
		mode  result.Mode
	}
	var seen []load
	var rows [][]string
	for _, r := range p.Runs {
		one := load{r.Scene, r.Mode}
		if slices.Contains(seen, one) || !r.Checked {
			continue
		}
		seen = append(seen, one)
		rows = append(rows, []string{
			looks[r.Mode].name + ": " + r.Scene, strconv.Itoa(len(p.Find(r.Scene, r.Mode))),
			r.Load.Duration.String(), r.Load.Warmup.String(), strconv.Itoa(r.Load.SKUs), asked(r.Load),
		})
	}
	if len(rows) > 0 {
		p.table([]string{"load", "runs", "each", "after a warm-up of", "items", "asked for"}, rows)
	}
}

// asked says what a load was to be.
func asked(r load.Report) string {
	if r.Window > 0 {
		return svg.Figure(float64(r.Window)) + " under way"
	}
	return svg.Figure(r.Rate) + "/s"
}

// enough is how much of an error a reader wants to see.
const enough = 200

// failures says what was planned and is not here.
func (p *page) failures() {
	var rows [][]string
	for _, f := range p.Failed {
		why, _, _ := strings.Cut(f.Why, "\n")
		why = why[:min(len(why), enough)] // the rest is in the raw results
		rows = append(rows, []string{strings.TrimSpace(f.Scene + " " + f.What), strconv.Itoa(f.Round), strings.ReplaceAll(why, "|", "\\|")})
	}
	unchecked := 0
	for _, r := range p.Runs {
		if !r.Checked {
			unchecked++
		}
	}
	if len(rows)+unchecked == 0 {
		return
	}
	p.say("## What failed\n")
	if len(rows) > 0 {
		p.table([]string{"scenario", "round", "why"}, rows)
	}
	if unchecked > 0 {
		p.say("Loads that are left out, because the books of their stand were not found to agree: %d. They are in the raw results.\n", unchecked)
	}
}

// books says how much was checked.
func (p *page) books() {
	var stands int
	var orders int64
	var read int
	for _, b := range p.Books {
		stands, orders, read = stands+1, orders+b.Orders, read+b.Verified
	}
	p.say("Every stand was new, was measured in turns with the others, and was checked when its loads were over; there were %d stands with %s orders."+
		" Of our daemons every order was held to its facts, exactly one of each in the logs. %s orders were read whole from every service and held to the laws of `orpheus verify`; of the peer all, by its own check. The loads of a stand whose books do not agree do not count.\n",
		stands, svg.Figure(float64(orders)), svg.Figure(float64(read)))
}

// pairs lists settings in the order of their names.
func pairs(settings map[string]string) string {
	text := ""
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if text != "" {
			text += ", "
		}
		text += "`" + name + "` " + settings[name]
	}
	return text
}
