package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/gc"
	"orpheus.example/kit/quietnet"
	"orpheus.example/onebox"
	"orpheus.example/onebox/load"
	"orpheus.example/onebox/verify"
)

// loadFlags are what can be said of a load besides load.Config.
type loadFlags struct {
	load.Config
	mix         string
	connections int
	stocked     bool
	noVerify    bool

	embedded bool
	box      onebox.Config
}

const aboutLoad = `Place orders by a schedule that does not wait for answers, watch a share of them
to their end, and compare all books afterwards. Latencies are measured from the
time at which an order was meant to be sent, so a server that stalls cannot hide
it. With --window there is no schedule: so many orders are kept under way, which
shows how many the shop can deliver.

The shop is stocked first, with items of its own named LOAD-. It should have
nothing else to do: orders are counted by GetOrderStats, which counts everybody's.

The mix is a list of outcomes and their weights:
  happy               delivered
  declined            the bank says no
  insufficient-funds  the account is empty
  no-stock            an item is not there
  refused             no carrier goes there
  capture-fails       the money cannot be taken
  cancelled           the customer cancels at once, and is rarely too late
or the word realistic: ` + "%s" + `.

Ctrl-C ends the sending; what was sent is still waited for, and verified. The exit
code is 4 if an accepted order is not there or the books do not agree, and 1 if
orders had not ended when --drain was over.`

const loadExamples = `  orpheus load                                         # 50 orders a second for 30 s
  orpheus load --rate 300 --duration 3m --mix happy=9,declined=1
  orpheus load --window 1000 --mix happy --skus 1      # as many as it can, all of one item
  orpheus load --embedded --data /tmp/shop --durable --window 500 --no-verify
  orpheus load --rate 20 -o json | jq .load.delivered.p99_ns`

func (s *session) load() *cobra.Command {
	var l loadFlags
	c := &cobra.Command{
		Use: "load", Short: "Place orders at a rate, and see how they fare",
		Long: fmt.Sprintf(aboutLoad, load.Realistic), Example: loadExamples, Args: cobra.NoArgs,
		RunE: s.runs(func(c *cobra.Command, _ []string) error {
			if l.Window != 0 && !c.Flags().Changed("rate") {
				l.Rate = 0
			}
			if err := l.check(s.timeout); err != nil {
				return err
			}
			return s.runLoad(c.Context(), l)
		}),
	}
	f := c.Flags()
	f.Float64Var(&l.Rate, "rate", 50, "orders a second")
	f.IntVar(&l.Window, "window", 0, "keep so many orders under way, in place of a rate")
	f.BoolVar(&l.Uniform, "uniform", false, "the same gap between all orders; otherwise they come by chance, as customers do")
	f.DurationVar(&l.Duration, "duration", 30*time.Second, "for how long, after the warm-up")
	f.DurationVar(&l.Warmup, "warmup", 2*time.Second, "send orders for so long before anything is measured")
	f.StringVar(&l.mix, "mix", "realistic", "outcomes and their weights, such as happy=9,declined=1")
	f.IntVar(&l.SKUs, "skus", 100, "how many items to choose from; 1 makes all orders meet")
	f.IntVar(&l.Lines, "lines", 1, "items in an order")
	f.Uint64Var(&l.Seed, "seed", 1, "the same seed gives the same orders at the same times")
	f.Float64Var(&l.WatchShare, "watch-share", 0.2, "share of orders to watch, 0 to 1; to watch one costs the shop more than to take it")
	f.IntVar(&l.Watches, "watches", load.DefaultWatches, "orders to watch at a time")
	f.IntVar(&l.connections, "connections", 1, "to the order service")
	f.DurationVar(&l.Drain, "drain", load.DefaultDrain, "wait so long for orders under way in the end")
	f.BoolVar(&l.stocked, "stocked", false, "an earlier load has left enough stock")
	f.BoolVar(&l.noVerify, "no-verify", false, "do not compare the books afterwards, which reads every order there is")
	f.BoolVar(&l.embedded, "embedded", false, "on a shop in this process instead of one elsewhere")
	f.StringVar(&l.box.Data, "data", "", "with --embedded: folder to keep everything in (default memory only)")
	f.BoolVar(&l.box.Durable, "durable", false, "with --embedded: wait for the disk before each answer")
	f.Float64Var(&l.box.Speed, "speed", 1000, "with --embedded: a parcel travels 3 s divided by it")
	f.BoolVar(&l.box.Instant, "instant", false, "with --embedded and --no-verify: an outside world that answers at once and keeps no books")
	s.mustComplete(c.MarkFlagDirname("data"))
	return c
}

// check completes l, and refuses what makes no sense by the flag's name.
func (l *loadFlags) check(timeout time.Duration) (err error) {
	if l.Mix, err = load.ParseMix(l.mix); err != nil {
		return misuse("--mix: %w", err)
	}
	l.Deadline = timeout
	if bad, ok := errors.AsType[*load.SettingError](l.Check()); ok {
		return misuse("--%s %s", bad.Name, bad.Why)
	}
	switch {
	case l.SKUs == 0 || l.Lines == 0 || l.connections < 1:
		return misuse("--skus is %d, --lines is %d and --connections is %d; want one or more", l.SKUs, l.Lines, l.connections)
	case l.Watches == 0 || l.Drain == 0:
		return misuse("--watches is %d and --drain is %s; want more than nothing", l.Watches, l.Drain)
	case l.box.Speed <= 0:
		return misuse("--speed is %g; want more than nothing", l.box.Speed)
	case !l.embedded && (l.box.Data != "" || l.box.Durable || l.box.Instant):
		return misuse("--data, --durable and --instant are for a shop of --embedded")
	case l.box.Instant && !l.noVerify:
		return misuse("--instant without --no-verify: a world without books has nothing to compare")
	case l.box.Durable && l.box.Data == "":
		return misuse("--durable without --data: memory is not durable")
	}
	return nil
}

// runLoad runs a load on the shop that l names.
func (s *session) runLoad(ctx context.Context, l loadFlags) error {
	if l.embedded {
		return s.loadEmbedded(ctx, l)
	}
	for range l.connections {
		conn, err := s.dial("order")
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }() // all answers are here
		l.Orders = append(l.Orders, orderv1.NewOrderServiceClient(conn))
	}
	l.Stock = s.items()
	books := s.books()
	if !l.noVerify {
		if err := s.findSandbox(ctx, &books, false); err != nil {
			return err
		}
	}
	return s.placeAll(ctx, l, books)
}

// dial returns a connection of its own to a service.
func (s *session) dial(service string) (*grpc.ClientConn, error) {
	return grpc.NewClient(s.address(service), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithContextDialer(quietnet.Dial))
}

// loadEmbedded runs a load on a shop that is there as long as it lasts.
func (s *session) loadEmbedded(ctx context.Context, l loadFlags) (err error) {
	l.box.Log, l.box.TrackEvery = s.logs(slog.LevelWarn), 20*time.Millisecond
	gc.Tune(os.Getenv)
	box, err := onebox.Open(ctx, l.box)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx)) // as long as orders are under way
	ended := make(chan error, 1)
	go func() { ended <- box.Run(running) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended, box.Close(context.WithoutCancel(ctx)))
	}()
	for range l.connections {
		l.Orders = append(l.Orders, box.Orders())
	}
	l.Stock = box.Stock()
	return s.placeAll(ctx, l, verify.Config{
		Orders: box.Orders(), Payments: box.Payments(), Stock: box.Stock(), Shipments: box.Shipments(), Mails: box.Mails(),
		Sandbox: onebox.World, Transport: box.Transport(),
	})
}

// verifyWithin is how long the books may take to agree, besides as long as orders
// were sent: an order that has ended may have mails left to be sent, and after a
// load that was too much there is a queue of them. Books that agree are not
// waited for.
const verifyWithin = 2 * time.Minute

// placeAll runs the load, shows what came of it, and has the books compared.
func (s *session) placeAll(ctx context.Context, l loadFlags, config verify.Config) error {
	if l.stocked {
		l.Stock = nil
	}
	r, err := load.Run(ctx, l.Config, s.showTicks(ctx))
	if err != nil {
		return errors.Join(ctx.Err(), err) // who has interrupted it does not want to hear more
	}
	if s.output == "table" {
		if err := r.Write(s.Out); err != nil {
			return err
		}
	}
	var books *verify.Report
	if !l.noVerify {
		config.Received, config.Patience = r.Received, verifyWithin+r.Sending
		found, err := s.compare(context.WithoutCancel(ctx), config)
		if err != nil {
			return err
		}
		books = &found
	}
	return s.endLoad(r, books)
}

// endLoad shows the rest, and returns what was wrong.
func (s *session) endLoad(r load.Report, books *verify.Report) error {
	if s.output == "json" {
		text, err := json.MarshalIndent(struct {
			Load  load.Report    `json:"load"`
			Books *verify.Report `json:"books,omitempty"`
		}{r, books}, "", "  ")
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(s.Out, string(text)); err != nil {
			return err
		}
	}
	if books == nil {
		return r.Err()
	}
	if s.output == "table" {
		_, _ = fmt.Fprintln(s.Out) // Write tells of any error
		if err := books.Write(s.Out); err != nil {
			return err
		}
	}
	return errors.Join(r.Err(), books.Err())
}

// headEvery is after how many lines a table that a person watches gets its head
// again.
const headEvery = 20

// showTicks returns what tells on standard error, once a second, how the load is
// going: a table for a person, and lines that make sense alone for a log.
func (s *session) showTicks(ctx context.Context) func(load.Tick) {
	lines, told := 0, false
	return func(t load.Tick) {
		var b strings.Builder
		if ctx.Err() != nil && !told {
			told = true
			b.WriteString("No more orders are sent; waiting for those under way. Ctrl-C again ends it at once.\n")
		}
		at := t.At.Round(time.Second)
		if s.Watched {
			if lines%headEvery == 0 {
				fmt.Fprintf(&b, "%6s  %-7s  %9s  %9s  %11s  %9s  %9s  %8s\n",
					"time", "phase", "placed/s", "under way", "delivered/s", "p50", "p99", "refused")
			}
			fmt.Fprintf(&b, "%6s  %-7s  %9.1f  %9d  %11.1f  %9s  %9s  %8d\n",
				at, t.Phase, t.PlacedRate, t.UnderWay, t.DeliveredRate, load.Took(t.P50), load.Took(t.P99), t.Refused)
			lines++
		} else {
			fmt.Fprintf(&b, "%s %s: placed %.1f/s, under way %d, delivered %.1f/s, p50 %s, p99 %s, refused %d\n",
				at, t.Phase, t.PlacedRate, t.UnderWay, t.DeliveredRate, load.Took(t.P50), load.Took(t.P99), t.Refused)
		}
		_, _ = s.Err.Write([]byte(b.String())) // who does not look misses it, and no more
	}
}
