// Bench measures the shop beside a peer and beside what this machine could do at
// most, and writes what it found into docs/bench.md.
//
//	bench                       everything: five runs of three minutes each
//	bench --quick               a minute of what matters, to see that it works
//	bench --only compare,parts --runs 3 --duration 30s
//	bench report RESULTS.json…  write docs/bench.md and its drawings anew
//
// It builds the daemons, and starts private servers; nothing outlives it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"orpheus.example/bench/part"
	"orpheus.example/bench/result"
	"orpheus.example/bench/scene"
	"orpheus.example/kit/gc"
)

// errUsage says that the command line makes no sense.
var errUsage = errors.New("see bench --help")

func main() {
	slog.SetLogLoggerLevel(slog.LevelWarn) // the shop in this process tells of every refusal
	gc.Tune(os.Getenv)                     // as every process does that serves
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := do(ctx, os.Args[1:])
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// do does what args ask for. The verbs but report are what bench asks of itself,
// in a process of its own.
func do(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return measure(ctx, args)
	}
	switch verb, rest := args[0], args[1:]; verb {
	case "report":
		return report(rest)
	case "serve":
		if len(rest) != 3 {
			return fmt.Errorf("serve takes a kind, an address and a database; %w", errUsage)
		}
		return part.Serve(ctx, rest[0], rest[1], rest[2])
	case "first":
		if len(rest) != 1 {
			return fmt.Errorf("first takes a mode; %w", errUsage)
		}
		return scene.First(ctx, result.Mode(rest[0]), os.Stdout)
	}
	return measure(ctx, args)
}
