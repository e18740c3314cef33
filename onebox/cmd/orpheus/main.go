// Orpheus is the command line of the shop; see package cli, or orpheus --help.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"orpheus.example/onebox/cli"
)

func main() {
	// A second signal ends the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	p := cli.Program{Terminal: isTerminal(os.Stdout), Watched: isTerminal(os.Stderr)}
	code := p.Run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// isTerminal reports whether f is a terminal, or another device that a person
// may look at. A pipe or a file is not.
func isTerminal(f *os.File) bool {
	i, err := f.Stat()
	return err == nil && i.Mode()&os.ModeCharDevice != 0
}
