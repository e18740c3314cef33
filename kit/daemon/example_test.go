package daemon_test //nolint:testableexamples // the example would not return

import (
	"context"
	"errors"

	"google.golang.org/grpc"

	"orpheus.example/kit/daemon"
)

// A store is what this example stands on.
type store struct{}

func open(context.Context, string) (*store, error) { return nil, errors.New("is not there yet") }

func (*store) Ready(context.Context) error { return nil }
func (*store) Close(context.Context) error { return nil }

// The main function of a daemon with one setting of its own.
func Example() {
	type settings struct {
		daemon.Settings
		Till string `env:"ORPHEUS_TILL" envDefault:"left" envDoc:"which till is ours"`
	}
	daemon.Main(func(ctx context.Context) error {
		c := settings{Settings: daemon.Settings{Listen: ":7009", Admin: "127.0.0.1:7109"}}
		if err := daemon.Parse(&c); err != nil {
			return err
		}
		return daemon.Run(ctx, daemon.Config{
			Name: "till", Settings: c.Settings,
			Open: func(ctx context.Context) (daemon.Service, error) {
				s, err := daemon.Await(ctx, "database", func(ctx context.Context) (*store, error) {
					return open(ctx, c.DatabaseURL.Reveal())
				})
				if err != nil {
					return daemon.Service{}, err
				}
				return daemon.Service{
					Register: func(grpc.ServiceRegistrar) {},
					Ready:    s.Ready,
					Close:    []daemon.Closer{{Name: "database", Close: s.Close}},
				}, nil
			},
		})
	})
}
