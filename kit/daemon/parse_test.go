package daemon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shop is the settings of a daemon with one of its own.
type shop struct {
	Settings
	Till  string `env:"ORPHEUS_TILL"  envDefault:"left"         envDoc:"which till"`
	Quick bool   `env:"ORPHEUS_QUICK" envDoc:"whether to hurry"`
}

func defaults() shop {
	return shop{Settings: Settings{Listen: ":7001", Admin: "127.0.0.1:7101"}}
}

var urls = []string{
	"ORPHEUS_DATABASE_URL=postgres://order:hunter2@db:5432/order",
	"ORPHEUS_AMQP_URL=amqp://order:hunter2@mq:5672/",
}

func mustParse(t *testing.T, environ []string, args ...string) shop {
	t.Helper()
	got := defaults()
	if err := parse(&got, append([]string{"/bin/shopd"}, args...), append(environ, urls...), &bytes.Buffer{}); err != nil {
		t.Fatalf("parse(%q, %q) = %v; want nil", environ, args, err)
	}
	return got
}

func TestParse(t *testing.T) {
	t.Parallel()
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.DatabaseURL = "postgres://order:hunter2@db:5432/order"
	want.AMQPURL = "amqp://order:hunter2@mq:5672/"
	want.Partitions, want.Bundle, want.Drain, want.Till = 1, 64, 500*time.Millisecond, "left"
	want.Instance = host + ":7001"
	if diff := cmp.Diff(want, mustParse(t, nil)); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}

	want.Listen, want.Partitions, want.LogLevel, want.Instance, want.Till, want.Quick = ":8001", 4, slog.LevelDebug, "a", "right", true
	got := mustParse(t, []string{"ORPHEUS_LISTEN=:9001", "ORPHEUS_PARTITIONS=4", "ORPHEUS_LOG_LEVEL=debug", "ORPHEUS_INSTANCE=a"},
		"--listen", ":8001", "-till=right", "--quick")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("flags over environment over defaults (-want +got):\n%s", diff)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		environ, args []string
		says          string
	}{
		"unknown_flag":        {urls, []string{"--color"}, "flag provided but not defined: -color"},
		"flag_without_value":  {urls, []string{"--listen"}, "flag needs an argument: -listen"},
		"stray_argument":      {urls, []string{"start"}, `argument "start" is not a flag`},
		"missing_url":         {urls[:1], nil, `"ORPHEUS_AMQP_URL" is not set`},
		"number_that_is_none": {append([]string{"ORPHEUS_PARTITIONS=many"}, urls...), nil, "ORPHEUS_PARTITIONS: "},
		"no_partition":        {urls, []string{"--partitions=0"}, "ORPHEUS_PARTITIONS is 0; want 1 or more"},
		"big_bundle":          {urls, []string{"--bundle=65"}, "ORPHEUS_BUNDLE is 65; want 1 to 64"},
		"long_patience":       {urls, []string{"--patience=1s"}, "ORPHEUS_PATIENCE is 1s; want 0 to 100ms"},
		"long_drain":          {urls, []string{"--drain=2s"}, "ORPHEUS_DRAIN is 2s; want 0 to 1s"},
		"odd_level":           {urls, []string{"--log-level=loud"}, "ORPHEUS_LOG_LEVEL: "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := defaults()
			err := parse(&got, append([]string{"shopd"}, c.args...), c.environ, &bytes.Buffer{})
			if !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("parse(%q) = %v; want ErrUsage that says %s", c.args, err, c.says)
			}
			if strings.Contains(fmt.Sprint(err), "hunter2") {
				t.Errorf("error %q has a password in it", err)
			}
		})
	}
}

func TestHelpListsEverySetting(t *testing.T) {
	t.Parallel()
	for _, ask := range []string{"--help", "-h"} {
		got, out := defaults(), bytes.Buffer{}
		if err := parse(&got, []string{"shopd", ask}, nil, &out); !errors.Is(err, ErrHelp) {
			t.Fatalf("parse(%s) = %v; want %v", ask, err, ErrHelp)
		}
		for _, want := range []string{
			"Usage: shopd",
			"ORPHEUS_LISTEN, --listen\n        address to answer gRPC on (default :7001)",
			"ORPHEUS_DATABASE_URL, --database-url\n", "(required)",
			"ORPHEUS_PARTITIONS, --partitions\n", "(default 1)",
			"ORPHEUS_TILL, --till\n        which till (default left)",
			"ORPHEUS_QUICK, --quick\n        whether to hurry\n",
			"ORPHEUS_AMQP_URL", "ORPHEUS_ADMIN", "ORPHEUS_LOG_LEVEL", "ORPHEUS_INSTANCE", "ORPHEUS_DRAIN", "OTEL_",
		} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("help lacks %q:\n%s", want, &out)
			}
		}
	}
}

// However a URL comes to be printed, its password is not.
func TestURLsKeepTheirPassword(t *testing.T) {
	t.Parallel()
	cases := map[URL]string{
		"postgres://order:hunter2@db:5432/order":          "postgres://order:xxxxx@db:5432/order",
		"postgres://db/order?user=order&password=hunter2": "postgres://db/order",
		"amqp://mq:5672/":                        "amqp://mq:5672/",
		"host=db user=order password=hunter2":    "[redacted]",
		"postgres://order:hunter2%zz@db/order":   "[redacted]",
		"postgres://order:hunter2@db:port/order": "[redacted]",
		"":                                       "",
	}
	for u, want := range cases {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("url", "url", u)
		inJSON, err := json.Marshal(struct {
			U URL `json:"u"`
		}{u})
		if err != nil {
			t.Fatal(err)
		}
		all := fmt.Sprintf("%s %v %+v %#v %q %s %s", u, u, struct{ U URL }{u}, u, u, &log, inJSON)
		if u.String() != want || strings.Contains(all, "hunter2") {
			t.Errorf("URL is printed as %q, in all as %s; want %q", u.String(), all, want)
		}
		if u.Reveal() != string(u) {
			t.Errorf("Reveal() = %q; want %q", u.Reveal(), string(u))
		}
	}
}
