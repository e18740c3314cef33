package load

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"google.golang.org/grpc/codes"

	orderv1 "orpheus.example/gen/go/order/v1"
)

var (
	// ErrLost says that accepted orders are not in the shop.
	ErrLost = errors.New("orders were accepted and are not there")
	// ErrOpen says that orders had not ended when the wait for them did.
	ErrOpen = errors.New("orders have not ended")
)

// A Tick is what happened in the last second or so.
type Tick struct {
	At        time.Duration // since the start
	Phase     string        // warm-up, steady or drain
	Sent      int64         // so far, as are the next three
	Accepted  int64
	Refused   int64
	Retried   int64
	Delivered int64 // so far
	Ended     int64 // delivered or cancelled, so far
	UnderWay  int64

	PlacedRate, DeliveredRate float64       // per second, since the tick before
	P50, P99                  time.Duration // of PlaceOrder, since the tick before
}

func (r *run) tick(before Tick) Tick {
	c := r.recorder.now()
	t := Tick{
		At: time.Since(r.start), Phase: "steady",
		Sent: c.sent, Accepted: c.accepted, Refused: c.refused(), Retried: c.retried, UnderWay: r.underWay(),
	}
	_, t.Ended = r.tracker.sinceBase()
	t.Delivered = r.tracker.latest().delivered() - r.tracker.base.delivered()
	switch {
	case r.over.Load():
		t.Phase = "drain"
	case t.At < r.Warmup:
		t.Phase = "warm-up"
	}
	passed := (t.At - before.At).Seconds()
	t.PlacedRate = float64(t.Accepted-before.Accepted) / passed
	t.DeliveredRate = float64(t.Delivered-before.Delivered) / passed
	t.P50, t.P99 = r.recorder.turn()
	return t
}

// A Report is what a load has found. In JSON, times are in nanoseconds.
type Report struct {
	Rate        float64       `json:"rate"`   // asked for; 0 with a window
	Window      int           `json:"window"` // asked for; 0 with a rate
	Uniform     bool          `json:"uniform"`
	Warmup      time.Duration `json:"warmup_ns"`
	Duration    time.Duration `json:"duration_ns"`
	Mix         string        `json:"mix"`
	SKUs        int           `json:"skus"`
	Lines       int           `json:"lines"`
	Seed        uint64        `json:"seed"`
	WatchShare  float64       `json:"watch_share"`
	Connections int           `json:"connections"`

	Start       time.Time     `json:"start"`
	Sending     time.Duration `json:"sending_ns"`  // how long orders were sent, with the warm-up
	Interrupted bool          `json:"interrupted"` // before all were sent

	Sent     int64            `json:"sent"`
	Accepted int64            `json:"accepted"`
	Retried  int64            `json:"retried"`     // calls made again because nobody answered
	Shed     map[string]int64 `json:"shed"`        // not accepted, by gRPC code
	Unknown  int64            `json:"unknown"`     // of those: may be in the shop all the same
	Asked    map[string]int64 `json:"asked"`       // accepted, by the outcome they were made for
	States   map[string]int64 `json:"states"`      // where orders stand in the end
	TooLate  int64            `json:"too_late"`    // cancellations that the shop was faster than
	Failed   int64            `json:"uncancelled"` // cancellations without an answer

	PlacedRate    float64 `json:"placed_per_s"`    // accepted, in the steady time
	DeliveredRate float64 `json:"delivered_per_s"` // as the shop shows it, in the steady time
	EndedRate     float64 `json:"ended_per_s"`     // delivered or cancelled, likewise
	UnderWay      float64 `json:"under_way"`       // on average, likewise

	Place     Latency `json:"place"`     // PlaceOrder, also when it is refused
	Confirmed Latency `json:"confirmed"` // from the order's own time until a watcher sees it confirmed
	Delivered Latency `json:"delivered"` // until it is seen delivered

	Watched   int64 `json:"watched"`
	Unwatched int64 `json:"unwatched"`  // picked for a watch when no watcher was free
	LostSight int64 `json:"lost_sight"` // watches that broke for good

	Drained bool          `json:"drained"`  // all orders have ended
	Drain   time.Duration `json:"drain_ns"` // how long that took after the last was sent
	Open    int64         `json:"open"`     // orders that have not ended
	Lost    int64         `json:"lost"`     // accepted orders that the shop does not show

	// Received is how many pieces came in of items that this run was the first
	// to list; the reconciler can hold the shop to it.
	Received map[string]int64 `json:"-"`
}

// A Latency is how long something took, from the time at which its order was
// meant to be sent.
type Latency struct {
	Count int64         `json:"count"`
	Mean  time.Duration `json:"mean_ns"`
	P50   time.Duration `json:"p50_ns"`
	P90   time.Duration `json:"p90_ns"`
	P99   time.Duration `json:"p99_ns"`
	P999  time.Duration `json:"p999_ns"`
	Max   time.Duration `json:"max_ns"`
	// HDR is the whole histogram of microseconds in the format that all
	// HdrHistogram libraries read (V2, compressed, base64).
	HDR string `json:"hdr"`

	histogram *hdrhistogram.Histogram
}

// Histogram returns the whole distribution, in microseconds; nil if l was read
// from JSON.
func (l Latency) Histogram() *hdrhistogram.Histogram { return l.histogram }

func newLatency(h *hdrhistogram.Histogram) Latency {
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		panic(err) // unreachable: it is written to memory
	}
	return Latency{
		Count: h.TotalCount(), Mean: time.Duration(h.Mean() * float64(time.Microsecond)),
		P50: quantile(h, 50), P90: quantile(h, 90), P99: quantile(h, 99), P999: quantile(h, 99.9),
		Max: time.Duration(h.Max()) * time.Microsecond, HDR: string(text), histogram: h,
	}
}

// Err returns ErrLost or ErrOpen if not all accepted orders have ended.
func (r Report) Err() error {
	switch {
	case r.Lost > 0:
		return fmt.Errorf("%w: %d of %d", ErrLost, r.Lost, r.Accepted)
	case !r.Drained:
		return fmt.Errorf("%w: %d of %d", ErrOpen, r.Open, r.Accepted)
	}
	return nil
}

// report puts together what is known in the end.
func (r *run) report(interrupted bool) Report {
	c := r.recorder.now()
	total, ended := r.tracker.sinceBase()
	report := Report{
		Rate: r.Rate, Window: r.Window, Uniform: r.Uniform, Warmup: r.Warmup, Duration: r.Duration,
		Mix: r.Mix.String(), SKUs: r.SKUs, Lines: r.Lines, Seed: r.Seed, WatchShare: r.WatchShare,
		Connections: len(r.Orders),
		Start:       r.start, Sending: r.sent, Interrupted: interrupted && r.sent < r.sending(),
		Sent: c.sent, Accepted: c.accepted, Retried: c.retried, Shed: codeNames(c.shed), Unknown: c.unknown,
		Asked: map[string]int64{}, States: map[string]int64{}, TooLate: c.tooLate, Failed: c.uncancelled,
		Place: newLatency(r.recorder.place), Confirmed: newLatency(r.recorder.confirmed), Delivered: newLatency(r.recorder.delivered),
		Watched: c.watched, Unwatched: c.unwatched, LostSight: c.lostSight,
		Drained: r.drained > 0, Lost: max(0, c.accepted-total), Open: max(0, total-ended), Received: maps.Clone(r.received),
	}
	if report.Drained {
		report.Drain = r.drained - r.sent
	}
	for o, n := range c.asked {
		if n > 0 {
			report.Asked[Outcome(o).String()] = n
		}
	}
	r.reportStates(&report)
	r.reportRates(&report, c)
	return report
}

func codeNames(shed map[codes.Code]int64) map[string]int64 {
	named := map[string]int64{}
	for code, n := range shed {
		named[code.String()] = n
	}
	return named
}

// reportStates says where the orders stand that were not there before.
func (r *run) reportStates(report *Report) {
	for s := range orderv1.OrderState_name {
		state := orderv1.OrderState(s)
		if n := r.tracker.last.states[state] - r.tracker.base.states[state]; n > 0 {
			report.States[stateName(state)] = n
		}
	}
}

// reportRates takes orders placed over the whole steady time, and orders ended
// over the time between its first and its last census.
func (r *run) reportRates(report *Report, c counts) {
	if steady := min(r.Duration, r.sent-r.Warmup); steady > 0 {
		report.PlacedRate = float64(c.steady) / steady.Seconds()
	}
	from, to := r.tracker.from, r.tracker.to
	if passed := (to.at - from.at).Seconds(); passed > 0 {
		report.DeliveredRate = float64(to.delivered()-from.delivered()) / passed
		report.EndedRate = float64(to.ended()-from.ended()) / passed
	}
	if r.tracker.seen > 0 {
		report.UnderWay = float64(r.tracker.open) / float64(r.tracker.seen)
	}
}
