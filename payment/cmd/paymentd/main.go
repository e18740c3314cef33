// Paymentd runs the payment service. It waits for its database, and hears and
// acts as soon as that is there; the broker and the provider may come and go.
//
// Settings come from the environment, or from flags; paymentd --help lists them.
package main

import (
	"context"
	"log/slog"

	"orpheus.example/kit/daemon"
	"orpheus.example/kit/drivers"
	"orpheus.example/payment/instantprovider"
	"orpheus.example/payment/paymentd"
	"orpheus.example/payment/sandboxprovider"
)

type settings struct {
	daemon.Settings
	ProviderURL string `env:"ORPHEUS_PROVIDER_URL,required" envDoc:"payment provider, as http://host:port/path; instant: for one that charges nobody, for load tests"`

	provider paymentd.Provider
}

// Complete makes the provider's client, so that an address that is none is found
// before anything starts.
func (s *settings) Complete() (err error) {
	if err = s.Settings.Complete(); err != nil {
		return err
	}
	if instantprovider.Is(s.ProviderURL) {
		s.provider = instantprovider.Provider{}
		return nil
	}
	s.provider, err = sandboxprovider.New(s.ProviderURL)
	return err
}

func main() { daemon.Main(run) }

func run(ctx context.Context) error {
	c := settings{Settings: daemon.Settings{Listen: "127.0.0.1:7002", Admin: "127.0.0.1:7102"}}
	if err := daemon.Parse(&c); err != nil {
		return err
	}
	return daemon.Run(ctx, daemon.Config{
		Name: paymentd.Name, Settings: c.Settings,
		Open: drivers.Serve(paymentd.Name, c.Settings, func(ctx context.Context, s drivers.Stand) (drivers.Server, error) {
			if instantprovider.Is(c.ProviderURL) {
				slog.WarnContext(ctx, instantprovider.Warning)
			}
			return paymentd.New(ctx, paymentd.Config{
				Store: s.Store, Bus: s.Bus, Holder: s.Holder, Now: s.Now, Provider: c.provider,
			})
		}),
	})
}
