// Orderd runs the order service. It waits for its database, and takes orders as
// soon as that is there; the broker may come and go.
//
// Settings come from the environment, or from flags; orderd --help lists them.
package main

import (
	"context"
	"time"

	"orpheus.example/kit/daemon"
	"orpheus.example/kit/drivers"
	"orpheus.example/order/orderd"
)

type settings struct {
	daemon.Settings
	PayWithin    time.Duration `env:"ORPHEUS_PAY_WITHIN"    envDoc:"how long an order may wait for its money and its goods"     envDefault:"15m"`
	FulfilWithin time.Duration `env:"ORPHEUS_FULFIL_WITHIN" envDoc:"how long an order may wait to leave, from when it was placed" envDefault:"72h"`
}

func main() { daemon.Main(run) }

func run(ctx context.Context) error {
	c := settings{Settings: daemon.Settings{Listen: "127.0.0.1:7001", Admin: "127.0.0.1:7101"}}
	if err := daemon.Parse(&c); err != nil {
		return err
	}
	return daemon.Run(ctx, daemon.Config{
		Name: orderd.Name, Settings: c.Settings,
		Open: drivers.Serve(orderd.Name, c.Settings, func(ctx context.Context, s drivers.Stand) (drivers.Server, error) {
			return orderd.New(ctx, orderd.Config{
				Store: s.Store, Bus: s.Bus, Holder: s.Holder, Now: s.Now,
				PayWithin: c.PayWithin, FulfilWithin: c.FulfilWithin,
			})
		}),
	})
}
