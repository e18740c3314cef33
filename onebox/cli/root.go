package cli

import (
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
)

// A session is one run of one command.
type session struct {
	Program
	flags

	started bool // the command line is understood, and the command runs
	conns   map[string]*grpc.ClientConn
	web     *http.Transport // to the sandboxes
}

// flags are those that every command has.
type flags struct {
	target  string
	timeout time.Duration
	output  string
	request string
}

const about = `Orpheus is a shop of five services. This is its command line.

It talks to the shop on this machine, be it from 'orpheus dev' or 'make run'.
Another one is named by --target or ORPHEUS_TARGET, as a host or host:base; the
services listen on base+1 to base+5, where base is 7000 unless said. A single
service elsewhere is named by ORPHEUS_ORDER_ADDR, ORPHEUS_PAYMENT_ADDR,
ORPHEUS_INVENTORY_ADDR, ORPHEUS_SHIPPING_ADDR or ORPHEUS_NOTIFY_ADDR, and the
sandboxes by ORPHEUS_SANDBOX_URL.

Exit codes: 0 done, 1 refused or failed, 2 usage, 3 unreachable, 4 verify found
that the books do not agree.`

// root returns the whole tree of commands.
func (s *session) root() *cobra.Command {
	root := &cobra.Command{
		Use: "orpheus", Short: "The command line of the shop", Long: about,
		SilenceErrors: true, SilenceUsage: true,
	}
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	f := root.PersistentFlags()
	f.StringVar(&s.target, "target", s.Env("ORPHEUS_TARGET"), "where the shop is, host or host:base (ORPHEUS_TARGET; default localhost:7000)")
	f.DurationVar(&s.timeout, "timeout", defaultTimeout, "how long an answer may take; for watch, the whole watch (default without end)")
	f.StringVarP(&s.output, "output", "o", "table", "table for people, json for programs")
	s.mustComplete(root.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"table", "json"}, cobra.ShellCompDirectiveNoFileComp)))
	root.AddCommand(
		s.dev(), s.demo(),
		s.order(), s.stock(), s.payment(), s.shipment(), s.mail(),
		s.dlq(), s.lag(), s.replay(),
		s.load(), s.verify(), s.sim(), s.doctor(),
	)
	return s.refuseUnknown(root)
}

// mustComplete panics where a completion is for a flag that does not exist.
func (s *session) mustComplete(err error) {
	if err != nil {
		panic(err)
	}
}

// refuseUnknown has commands that only hold others refuse what none of them is
// called. Left alone, cobra prints help and reports success.
func (s *session) refuseUnknown(c *cobra.Command) *cobra.Command {
	for _, sub := range c.Commands() {
		s.refuseUnknown(sub)
	}
	if c.HasSubCommands() && c.RunE == nil {
		c.Args = cobra.ArbitraryArgs
		c.RunE = func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath())
			}
			return c.Help()
		}
	}
	return c
}

// runs returns f as cobra wants it, once the flags that all commands have are
// seen to make sense.
func (s *session) runs(f func(c *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		if s.output != "table" && s.output != "json" {
			return fmt.Errorf("--output is %q; want table or json", s.output)
		}
		if s.timeout <= 0 {
			return fmt.Errorf("--timeout is %s; want more than nothing", s.timeout)
		}
		if _, _, err := s.where(); err != nil {
			return err
		}
		s.started = true
		return f(c, args)
	}
}

// group returns a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short}
	c.AddCommand(commands...)
	return c
}

// requestID gives a command the flag --request-id.
func (s *session) requestID(c *cobra.Command) *cobra.Command {
	c.Flags().StringVar(&s.request, "request-id", "", "a UUID of this request, the same again on a retry (default a new one)")
	return c
}

// id returns the request id that was given, or a new one.
func (s *session) id() string {
	if s.request == "" {
		s.request = s.NewID()
	}
	return s.request
}
