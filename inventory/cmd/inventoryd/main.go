// Inventoryd runs the inventory service. It waits for its database, and keeps
// the stock as soon as that is there; the broker may come and go.
//
// Settings come from the environment, or from flags; inventoryd --help lists
// them.
package main

import (
	"context"

	"orpheus.example/inventory/inventoryd"
	"orpheus.example/kit/daemon"
	"orpheus.example/kit/drivers"
)

type settings struct{ daemon.Settings }

func main() { daemon.Main(run) }

func run(ctx context.Context) error {
	c := settings{daemon.Settings{Listen: "127.0.0.1:7003", Admin: "127.0.0.1:7103"}}
	if err := daemon.Parse(&c); err != nil {
		return err
	}
	return daemon.Run(ctx, daemon.Config{
		Name: inventoryd.Name, Settings: c.Settings,
		Open: drivers.Serve(inventoryd.Name, c.Settings, func(ctx context.Context, s drivers.Stand) (drivers.Server, error) {
			return inventoryd.New(ctx, inventoryd.Config{Store: s.Store, Bus: s.Bus, Holder: s.Holder, Now: s.Now})
		}),
	})
}
