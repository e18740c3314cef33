// Sandboxd runs the outside world: payment provider, carriers and mail server,
// over HTTP and SMTP, on loopback unless told otherwise.
//
//	ORPHEUS_SANDBOX_JOURNAL=/tmp/world.jsonl sandboxd -speed 10
//
// Every flag has an environment variable; the flag wins. SIGTERM or an
// interrupt stops it within 10 s; a second one stops it at once.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"orpheus.example/sandbox"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	context.AfterFunc(ctx, stop) // from here on a signal has its usual effect
	err := run(ctx, os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		slog.Error("sandbox stopped", "err", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("sandboxd", flag.ContinueOnError)
	listen := fs.String("listen", env("LISTEN", sandbox.DefaultListen), "`address` for HTTP (ORPHEUS_SANDBOX_LISTEN)")
	smtp := fs.String("smtp", env("SMTP", sandbox.DefaultSMTP), "`address` for SMTP (ORPHEUS_SANDBOX_SMTP)")
	journal := fs.String("journal", env("JOURNAL", ""), "`file` to remember everything in; empty: memory only (ORPHEUS_SANDBOX_JOURNAL)")
	speed := fs.String("speed", env("SPEED", "1"), "`factor`: a parcel is in transit 1 s after handover, delivered 2 s after that, divided by it (ORPHEUS_SANDBOX_SPEED)")
	if err := fs.Parse(args); err != nil {
		return err
	}
	factor, err := strconv.ParseFloat(*speed, 64)
	if err != nil || factor == 0 { // 0 would be taken for not set
		return errors.Join(sandbox.ErrSpeed, err)
	}
	return sandbox.Run(ctx, sandbox.Config{Journal: *journal, Speed: factor}, *listen, *smtp)
}

func env(name, otherwise string) string {
	return cmp.Or(os.Getenv("ORPHEUS_SANDBOX_"+name), otherwise)
}
