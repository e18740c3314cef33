package doctor

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// start is what to do when nobody answers.
const start = "start the shop with 'orpheus dev' or 'make run', or say where it is with --target"

// services asks every service whether it serves.
func (d *doctor) services(ctx context.Context) {
	for _, name := range slices.Sorted(maps.Keys(d.Services)) {
		address := d.Services[name]
		began := d.Now()
		var state grpc_health_v1.HealthCheckResponse_ServingStatus
		err := d.within(ctx, func(ctx context.Context) (err error) {
			state, err = health(ctx, address)
			return err
		})
		switch {
		case err != nil:
			d.say(name, Missing, address+": "+status.Convert(err).Message(), start)
		case state != grpc_health_v1.HealthCheckResponse_SERVING:
			d.say(name, Bad, address+" answers, and says "+state.String(), "its admin address says why, at /readyz: most often its database is away")
		default:
			d.say(name, Fine, fmt.Sprintf("%s serves, and answers in %s", address, d.Now().Sub(began).Round(time.Millisecond)), "")
		}
	}
}

func health(ctx context.Context, address string) (grpc_health_v1.HealthCheckResponse_ServingStatus, error) {
	c, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.Close() }() // the answer is here
	answer, err := grpc_health_v1.NewHealthClient(c).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	return answer.GetStatus(), err
}

// sandbox asks the outside world, which a production shop does not have.
func (d *doctor) sandbox(ctx context.Context) {
	if d.Sandbox == "" {
		return
	}
	asked := d.Now()
	err := d.within(ctx, func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.Sandbox+"/healthz", http.NoBody)
		if err != nil {
			return err
		}
		answer, err := (&http.Client{Transport: d.Transport}).Do(r)
		if err != nil {
			return err
		}
		defer func() { _ = answer.Body.Close() }() // its head has said all
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("GET /healthz: %s", answer.Status)
		}
		d.say("sandbox", Fine, d.Sandbox+" answers", "")
		if t, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
			d.clock("sandbox", asked, t, time.Second) // the header has no fractions
		}
		return nil
	})
	if err != nil {
		d.say("sandbox", Note, line(err), "verify compares no books of the outside world without it")
	}
}
