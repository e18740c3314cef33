// Seek runs the simulator until something is wrong, and says as JSON what that
// was, and how many schedules it took. It holds nothing but the simulator, because
// it is built anew for every planted bug.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace/noop"

	"orpheus.example/onebox/sim"
	"orpheus.example/onebox/teeth"
)

func main() {
	if err := seek(); err != nil {
		fmt.Fprintln(os.Stderr, "seek:", err)
		os.Exit(1)
	}
}

func seek() error {
	// One worker, so that which schedule is the first to fail does not depend on
	// who is faster.
	c := sim.Config{Workers: 1}
	flag.Uint64Var(&c.Seed, "seed", 1, "the first seed; the others follow it")
	flag.Uint64Var(&c.Schedules, "schedules", 5_000, "how many schedules to run at most")
	flag.IntVar(&c.Orders, "orders", 3, "orders in each schedule")
	lasts := flag.Duration("for", 20*time.Minute, "how long to look at most, should a schedule never end")
	flag.Parse()

	// What services complain of is meant to be.
	slog.SetDefault(slog.New(slog.DiscardHandler))
	otel.SetTracerProvider(noop.NewTracerProvider())
	debug.SetGCPercent(400)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, *lasts)
	defer cancel()
	r, err := sim.Run(ctx, c)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(teeth.Found(r))
}
