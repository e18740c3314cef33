// Shippingd runs the shipping service. It waits for its database, and hears and
// acts as soon as that is there; the broker and the carriers may come and go.
//
// Settings come from the environment, or from flags; shippingd --help lists them.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"orpheus.example/kit/daemon"
	"orpheus.example/kit/drivers"
	"orpheus.example/shipping/instantcarrier"
	"orpheus.example/shipping/sandboxcarrier"
	"orpheus.example/shipping/shippingd"
)

type settings struct {
	daemon.Settings

	Carriers sandboxcarrier.Fleet `env:"ORPHEUS_CARRIERS,required" envDoc:"carriers, the preferred first, as name=http://host:port/path,name=...; name=instant: for one that carries nothing, for load tests"`

	TrackEvery time.Duration `env:"ORPHEUS_TRACK_EVERY" envDefault:"1s" envDoc:"how often a carrier is asked where a parcel is"`
}

// leastTrackEvery spares carriers.
const leastTrackEvery = 10 * time.Millisecond

// Complete checks the settings.
func (s *settings) Complete() error {
	if s.TrackEvery < leastTrackEvery {
		return fmt.Errorf("ORPHEUS_TRACK_EVERY is %v; want %v or more", s.TrackEvery, leastTrackEvery)
	}
	return s.Settings.Complete()
}

func main() { daemon.Main(run) }

func run(ctx context.Context) error {
	c := settings{Settings: daemon.Settings{Listen: "127.0.0.1:7004", Admin: "127.0.0.1:7104"}}
	if err := daemon.Parse(&c); err != nil {
		return err
	}
	return daemon.Run(ctx, daemon.Config{
		Name: shippingd.Name, Settings: c.Settings,
		Open: drivers.Serve(shippingd.Name, c.Settings, func(ctx context.Context, s drivers.Stand) (drivers.Server, error) {
			if c.Carriers.Instant() {
				slog.WarnContext(ctx, instantcarrier.Warning)
			}
			return shippingd.New(ctx, shippingd.Config{
				Store: s.Store, Bus: s.Bus, Holder: s.Holder, Now: s.Now, Carriers: c.Carriers, TrackEvery: c.TrackEvery,
			})
		}),
	})
}
