package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"orpheus.example/onebox/cli/doctor"
)

func (s *session) doctor() *cobra.Command {
	var broker, database string
	var partitions int
	c := &cobra.Command{
		Use: "doctor", Short: "Say what is installed, reachable and set wrongly, and what to do",
		Long: `Look at this machine and at the shop. The broker and the databases are looked at
where their URLs are known: ORPHEUS_AMQP_URL, ORPHEUS_DATABASE_URL for one
database, and ORPHEUS_ORDER_DATABASE_URL and so on for each service's own.

Exits with 1 if something will hurt, and with 3 if something cannot be reached.`,
		Args: cobra.NoArgs,
		RunE: s.runs(func(c *cobra.Command, _ []string) error {
			url, _ := s.sandbox()
			config := doctor.Config{
				Services: map[string]string{}, Sandbox: url, Broker: cmp.Or(broker, s.Env("ORPHEUS_AMQP_URL")),
				Hearers: services[:], Partitions: partitions, Databases: s.databases(database), Patience: min(s.timeout, defaultTimeout), Transport: s.web,
			}
			for _, name := range services {
				config.Services[name] = s.address(name)
			}
			return s.diagnose(doctor.Examine(c.Context(), config))
		}),
	}
	c.Flags().StringVar(&broker, "broker", "", "URL of the broker (ORPHEUS_AMQP_URL)")
	c.Flags().StringVar(&database, "database", "", "URL of a database (ORPHEUS_DATABASE_URL)")
	c.Flags().IntVar(&partitions, "partitions", 1, "queues per hearer, as in ORPHEUS_PARTITIONS")
	return c
}

// databases returns the databases whose URLs are known.
func (s *session) databases(one string) map[string]string {
	known := map[string]string{}
	if one = cmp.Or(one, s.Env("ORPHEUS_DATABASE_URL")); one != "" {
		known["given"] = one
	}
	for _, name := range services {
		if url := s.Env("ORPHEUS_" + strings.ToUpper(name) + "_DATABASE_URL"); url != "" {
			known[name] = url
		}
	}
	return known
}

// What the exit code tells of.
var (
	errIll     = errors.New("something is set wrongly")
	errMissing = errors.New("something cannot be reached")
)

// diagnose shows what was found, and returns an error if that is bad.
func (s *session) diagnose(found []doctor.Finding) error {
	if err := s.showFindings(found); err != nil {
		return err
	}
	var worst error
	for _, f := range found {
		switch {
		case f.Level == doctor.Missing:
			worst = errMissing
		case f.Level == doctor.Bad && worst == nil:
			worst = errIll
		}
	}
	return worst
}

func (s *session) showFindings(found []doctor.Finding) error {
	if s.output == "json" {
		text, err := json.MarshalIndent(found, "", "  ")
		if err == nil {
			_, err = fmt.Fprintln(s.Out, string(text))
		}
		return err
	}
	err := s.table(func(w io.Writer) {
		for _, f := range found {
			row(w, f.Level, f.Part, safe(f.What))
		}
	})
	for _, f := range found {
		if f.Do != "" && err == nil {
			_, err = fmt.Fprintf(s.Out, "\n%s: %s\n  %s\n", f.Part, safe(f.What), safe(f.Do))
		}
	}
	return err
}
