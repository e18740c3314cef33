package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"orpheus.example/onebox/verify"
)

func (s *session) verify() *cobra.Command {
	var wait time.Duration
	var copies int
	var require bool
	c := &cobra.Command{
		Use: "verify", Short: "Compare all books: orders, money, stock, parcels, mails",
		Long: `Read what the five services say of every order, and what the payment provider,
the carriers and the mail server have in their own books, and see whether all of
it is the same story. Exits with 4 if it is not, and names who is concerned.

The sandboxes are looked for beside the services, or where ORPHEUS_SANDBOX_URL
says. Where there are none, their books are not compared, and the report says so.`,
		Args: cobra.NoArgs,
		RunE: s.runs(func(c *cobra.Command, _ []string) error {
			config := s.books()
			config.Patience, config.Copies = wait, copies
			if err := s.findSandbox(c.Context(), &config, require); err != nil {
				return err
			}
			return s.report(c.Context(), config)
		}),
	}
	c.Flags().DurationVar(&wait, "wait", 0, "wait so long for orders that are under way")
	c.Flags().IntVar(&copies, "copies", 1, "how often one mail may have arrived; each crash of notify may add one")
	c.Flags().BoolVar(&require, "require-sandbox", false, "fail if the sandboxes' books cannot be read")
	return c
}

// books says whom to ask.
func (s *session) books() verify.Config {
	return verify.Config{
		Orders: s.orders(), Payments: s.payments(), Stock: s.items(), Shipments: s.shipments(), Mails: s.mails(),
		Transport: s.web,
	}
}

// findSandbox has the books of the sandboxes compared, if there are any. Who has
// named them, or asked for them, wants them.
func (s *session) findSandbox(ctx context.Context, config *verify.Config, require bool) error {
	url, named := s.sandbox()
	err := s.answers(ctx, url+"/healthz")
	switch {
	case err == nil:
		config.Sandbox = url
	case named || require:
		return fmt.Errorf("sandbox: %w", err)
	}
	return nil
}

// answers returns nil if url answers 200.
func (s *session) answers(ctx context.Context, url string) error {
	ctx, cancel := s.patient(ctx)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	answer, err := (&http.Client{Transport: s.web}).Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }() // the status has said all
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, answer.Status)
	}
	return nil
}

// compare runs the comparison.
func (s *session) compare(ctx context.Context, config verify.Config) (verify.Report, error) {
	done := s.showProgress(&config)
	defer done()
	return verify.Run(ctx, config)
}

// report runs the comparison and shows what it found.
func (s *session) report(ctx context.Context, config verify.Config) error {
	r, err := s.compare(ctx, config)
	if err != nil {
		return err
	}
	if s.output == "json" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(s.Out, string(text)); err != nil {
			return err
		}
	} else if err := r.Write(s.Out); err != nil {
		return err
	}
	return r.Err()
}

// showProgress draws a bar for those who look at it, and returns what wipes it
// away.
func (s *session) showProgress(config *verify.Config) func() {
	if !s.Watched {
		return func() {}
	}
	bar := progressbar.NewOptions(1,
		progressbar.OptionSetWriter(s.Err), progressbar.OptionSetDescription("reading orders"),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	config.Progress = func(read, known int) {
		bar.ChangeMax(known)
		_ = bar.Set(read) // a bar that cannot be drawn harms nobody
	}
	return func() { _ = bar.Finish() }
}
