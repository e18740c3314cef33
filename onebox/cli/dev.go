package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	moneypb "google.golang.org/genproto/googleapis/type/money"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	"orpheus.example/kit/gc"
	"orpheus.example/onebox"
	"orpheus.example/onebox/demo"
)

// devFlags are what can be said of a shop in one process.
type devFlags struct {
	data  string
	seed  bool
	demo  bool // give the tour first
	stay  bool // and stay up after it
	pause time.Duration
	speed float64
	base  int
	level slog.Level
}

func (s *session) dev() *cobra.Command {
	d := devFlags{stay: true}
	c := &cobra.Command{
		Use: "dev", Short: "Run the whole shop in this process",
		Long: `Run the five services, the sandboxes and the mailbox in this process, with the
code that runs in production. Nothing has to be installed. Without --data
everything is in memory and gone at the end; with it, the shop goes on where it
was, also after a kill -9.`,
		Args: cobra.NoArgs,
		RunE: s.runs(func(c *cobra.Command, _ []string) error { return s.runShop(c.Context(), d) }),
	}
	f := c.Flags()
	f.StringVar(&d.data, "data", "", "folder to keep everything in (default memory only)")
	f.BoolVar(&d.seed, "seed", true, "put a small catalogue on sale")
	f.BoolVar(&d.demo, "demo", false, "give the tour of 'orpheus demo' first; needs a shop in which nothing has happened")
	f.Float64Var(&d.speed, "speed", 1, "of the sandboxes: a parcel travels 3 s divided by it")
	d.common(c)
	s.mustComplete(c.MarkFlagDirname("data"))
	return c
}

func (s *session) demo() *cobra.Command {
	d := devFlags{demo: true, speed: demo.Speed}
	c := &cobra.Command{
		Use: "demo", Short: "See five orders through, told scene by scene",
		Long: `Start a shop in memory and play the tour: one order that goes well and four that
do not, each told by the facts that the services say, and by what is left in the
end of order, money, stock, parcel and mail. Everything that is told is checked;
the exit code is 0 only if all of it is so. With --keep, or KEEP=1, the shop
stays up afterwards.`,
		Args: cobra.NoArgs,
		RunE: s.runs(func(c *cobra.Command, _ []string) error {
			if !d.stay {
				s.logs(d.level)
				return demo.Run(c.Context(), s.Out, demo.Config{Pause: d.pause})
			}
			return s.runShop(c.Context(), d)
		}),
	}
	keep := s.Env("KEEP")
	c.Flags().BoolVar(&d.stay, "keep", keep != "" && keep != "0", "stay up afterwards (KEEP)")
	c.Flags().DurationVar(&d.pause, "pause", 0, "between scenes, to read them")
	d.common(c)
	return c
}

// common gives a command the flags of every shop in one process.
func (d *devFlags) common(c *cobra.Command) {
	c.Flags().IntVar(&d.base, "base", defaultBase, "the services listen on base+1 to base+5, the sandboxes on base+200")
	c.Flags().TextVar(&d.level, "log-level", slog.LevelWarn, "debug, info, warn or error")
}

// logs makes the process's logger, which is what the services log to, write to
// standard error from level on.
func (s *session) logs(level slog.Level) *slog.Logger {
	log := slog.New(slog.NewTextHandler(s.Err, &slog.HandlerOptions{Level: level}))
	slog.SetDefault(log)
	return log
}

// closeWithin bounds the end of a shop whose callers hold on to it.
const closeWithin = 10 * time.Second

// runShop runs a shop until ctx is done, or until its tour is over.
func (s *session) runShop(ctx context.Context, d devFlags) (err error) {
	log := s.logs(d.level)
	gc.Tune(os.Getenv)
	box, err := onebox.Open(ctx, onebox.Config{Data: d.data, Speed: d.speed, Log: log})
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
		defer cancel()
		err = errors.Join(err, box.Close(ctx))
	}()
	l, err := box.Listen(ctx, addresses(d.base))
	if err != nil {
		return fmt.Errorf("%w\n  Is the shop running already? --base puts this one elsewhere", err)
	}
	g, running := errgroup.WithContext(ctx)
	g.Go(func() error { return l.Serve(running) })
	g.Go(func() error { return box.Run(running) })
	g.Go(func() error { return s.open(running, box, l.Addresses, d) })
	return g.Wait()
}

// open opens a shop that runs: it gives the tour, fills the shelves and says
// where everything is.
func (s *session) open(ctx context.Context, box *onebox.Box, at onebox.Addresses, d devFlags) error {
	if d.demo {
		if err := demo.Play(ctx, s.Out, box, demo.Config{Pause: d.pause}); err != nil {
			return err
		}
	}
	if d.seed {
		if err := seed(ctx, box.Stock()); err != nil {
			return fmt.Errorf("put the catalogue on sale: %w", err)
		}
	}
	return s.welcome(at, d)
}

// addresses are where the shop listens, on loopback.
func addresses(base int) onebox.Addresses {
	at := func(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
	a := onebox.Addresses{Services: map[string]string{}, Sandbox: at(base + sandboxPort), SMTP: at(base + 225)}
	for i, name := range services {
		a.Services[name] = at(base + 1 + i)
	}
	return a
}

// catalogue is what a new shop sells.
var catalogue = []struct {
	sku, name string
	cents     int64
	pieces    int64
}{
	{"TEAPOT", "Teapot, cast iron, 0.8 l", 4200, 25},
	{"CUP", "Cup, stoneware", 950, 200},
	{"KETTLE", "Kettle with a thermometer", 7900, 12},
	{"SENCHA", "Sencha, 100 g", 1180, 80},
	{"LAST-ONE", "The last lyre in the shop", 129900, 1},
}

// seed puts the catalogue on sale. Its requests have the same ids every time, so
// that a shop which was kept is not given the same goods twice. An item that was
// changed since is left as it is.
func seed(ctx context.Context, stock inventoryv1.InventoryServiceClient) error {
	for _, i := range catalogue {
		id := func(what string) string {
			return uuid.NewSHA1(uuid.NameSpaceURL, []byte("orpheus.example/catalogue/"+what+"/"+i.sku)).String()
		}
		_, err := stock.AddItem(ctx, &inventoryv1.AddItemRequest{
			RequestId: id("add"), Sku: i.sku, Name: i.name,
			Price: &moneypb.Money{CurrencyCode: "EUR", Units: i.cents / 100, Nanos: int32(i.cents%100) * 1e7},
		})
		if err != nil {
			return err
		}
		if _, err := stock.ReceiveStock(ctx, &inventoryv1.ReceiveStockRequest{RequestId: id("receive"), Sku: i.sku, Quantity: i.pieces}); err != nil {
			return err
		}
	}
	return nil
}

// welcome says where everything is, and what to try.
func (s *session) welcome(at onebox.Addresses, d devFlags) error {
	err := s.table(func(w io.Writer) {
		for _, name := range services {
			row(w, name, at.Services[name], "gRPC")
		}
		row(w, "sandboxes", "http://"+at.Sandbox, "payment provider, carriers")
		row(w, "mailbox", "http://"+at.Sandbox+"/mailbox", "every mail that was sent")
		row(w, "smtp", at.SMTP, "takes mail")
		if d.data == "" {
			row(w, "data", "in memory", "gone at the end; --data keeps it")
		} else {
			row(w, "data", d.data, "kept")
		}
	})
	if err == nil {
		_, err = fmt.Fprint(s.Out, hints(d))
	}
	return err
}

// hints are commands for another terminal.
func hints(d devFlags) string {
	target := ""
	if d.base != defaultBase {
		target = fmt.Sprintf(" --target localhost:%d", d.base)
	}
	text := "\nTry, in another terminal:\n"
	if d.seed {
		text += "  orpheus order place TEAPOT=1 CUP=4 --watch" + target + "\n" +
			"  orpheus order place LAST-ONE=2 --watch" + target + "\n" +
			"  orpheus order place CUP=1 --token tok_declined --watch" + target + "\n"
	} else {
		text += "  orpheus stock add TEAPOT 'A teapot' 42.00 --pieces 10" + target + "\n"
	}
	return text + "  orpheus order list" + target + "\n  orpheus verify" + target + "\n\nCtrl-C ends it.\n"
}
