package onebox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/membus"
	"orpheus.example/notify/notifyd"
	"orpheus.example/sandbox"
	"orpheus.example/shipping/shippingd"
)

// The defaults of Config, those of the daemons.
const (
	DefaultPayWithin    = 15 * time.Minute
	DefaultFulfilWithin = 72 * time.Hour
)

// Names are the services, in the order of the dance.
var Names = [...]string{"order", "payment", "inventory", "shipping", "notify"}

// carriers are whom shipping asks, the preferred first.
var carriers = []string{"swift", "steady"}

// holder is the identity of the one process that a Box is, also after a restart.
const holder = "onebox"

// A Config says what kind of shop is wanted. The zero Config is a good one: in
// memory, in real time.
type Config struct {
	Data string // a folder for all that is kept; empty: memory only
	// Durable has every answer wait for the disk, so that not even a loss of
	// power loses any. Without it, what is in Data survives the end of the
	// process, however that comes, but not of the machine.
	Durable bool

	// Stepped makes a shop that does nothing by itself, with a clock that only
	// Advance moves.
	Stepped bool
	// Now is the clock of a shop that runs; time.Now by default.
	Now func() time.Time
	// Start is where the clock of a stepped shop stands at first; by default it
	// is noon of a day of no importance.
	Start time.Time

	// Instant has stand-ins for the outside world that answer at once and do
	// nothing, for load tests: no money, parcel or mail is in any books then.
	Instant bool

	Speed        float64       // of the parcels: 3 s divided by it from door to door; 1 by default
	PayWithin    time.Duration // as in orderd.Config; DefaultPayWithin if 0
	FulfilWithin time.Duration // as in orderd.Config; DefaultFulfilWithin if 0
	GapWait      time.Duration // as in notifyd.Config; its default if 0
	TrackEvery   time.Duration // as in shippingd.Config; its default if 0

	// Bus, if not nil, stands between the services and their bus: to look at
	// facts on their way, to keep them back, or to send them twice.
	Bus func(bus.Bus) bus.Bus
	// Log takes what the sandbox says; slog.Default() if nil. Services log to
	// slog.Default() in any case.
	Log *slog.Logger
}

// A Box is the whole shop. All of its methods but Step, Settle and Close may be
// called by many at a time.
type Box struct {
	config   Config
	clock    *clock // nil unless stepped
	now      func() time.Time
	world    *sandbox.World
	mail     *postOffice
	broker   *membus.Broker
	services []*service
	steps    []loop.Step
	closers  []closer
}

// A closer lets go of one thing that Open has opened.
type closer struct {
	name  string
	close func(context.Context) error
}

// Open returns the shop that the data folder remembers, or a new one. It does
// nothing until it is run or stepped.
func Open(ctx context.Context, c Config) (_ *Box, err error) {
	b := &Box{config: c.complete()}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close(context.WithoutCancel(ctx)))
		}
	}()
	b.now = b.config.Now
	if c.Stepped {
		b.clock = newClock(b.config.Start)
		b.now = b.clock.Now
	}
	if c.Data != "" {
		if err := os.MkdirAll(c.Data, 0o750); err != nil {
			return b, fmt.Errorf("open data folder: %w", err)
		}
	}
	if err := b.openWorld(); err != nil {
		return b, fmt.Errorf("open sandbox: %w", err)
	}
	if err := b.openBroker(); err != nil {
		return b, fmt.Errorf("open broker: %w", err)
	}
	return b, b.openServices(ctx)
}

func (c Config) complete() Config {
	c.Speed = cmp.Or(c.Speed, 1)
	c.PayWithin = cmp.Or(c.PayWithin, DefaultPayWithin)
	c.FulfilWithin = cmp.Or(c.FulfilWithin, DefaultFulfilWithin)
	c.GapWait = cmp.Or(c.GapWait, notifyd.DefaultGapWait)
	c.TrackEvery = cmp.Or(c.TrackEvery, shippingd.DefaultTrackEvery)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Start.IsZero() {
		c.Start = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

// path returns where a part keeps its things; empty if it is in memory.
func (c Config) path(name string) string {
	if c.Data == "" {
		return ""
	}
	return filepath.Join(c.Data, name)
}

// openWorld opens the outside world. Its mail server serves from here on, since
// it has no port that could be in use.
func (b *Box) openWorld() (err error) {
	b.world, err = sandbox.Open(sandbox.Config{
		Journal: b.config.path("sandbox.jsonl"), Speed: b.config.Speed, Carriers: carriers, Now: b.now, Log: b.config.Log,
	})
	if err != nil {
		return err
	}
	b.onClose("sandbox", func(context.Context) error { return b.world.Close() })
	b.mail = openPostOffice(b.world.Mailbox)
	b.onClose("mail server", b.mail.Close)
	return nil
}

// onClose has Close call f, before whatever was opened earlier.
func (b *Box) onClose(name string, f func(context.Context) error) {
	b.closers = append([]closer{{name, f}}, b.closers...)
}

// Close lets go of everything, in the opposite order of Open. Calls under way
// get a moment to end. Nothing that was answered is lost, whether a Box is
// closed or not.
func (b *Box) Close(ctx context.Context) error {
	var errs []error
	for _, c := range b.closers {
		if err := c.close(ctx); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", c.name, err))
		}
	}
	b.closers = nil
	return errors.Join(errs...)
}

// World is the outside: the provider's, the carriers' and the mail server's own
// books, and the switches that make them misbehave.
func (b *Box) World() *sandbox.World { return b.world }

// Now returns the shop's time.
func (b *Box) Now() time.Time { return b.now() }

// Store returns what a service keeps, for those who check it; nil if there is no
// service of that name.
func (b *Box) Store(name string) eventlog.Store {
	for _, s := range b.services {
		if s.name == name {
			return s.store
		}
	}
	return nil
}
