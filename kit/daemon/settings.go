package daemon

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"time"

	"orpheus.example/kit/telemetry"
)

// Settings are what every daemon can be told. A daemon's own settings are a
// struct that embeds it; what is set there before Parse is the default, as the
// two addresses are, which differ from daemon to daemon.
//
// Instance is the name under which a replica holds leases: one that comes back
// under its old name need not wait for its own lease to end. Two that run at once
// under one name would take each other's.
type Settings struct {
	Listen string `env:"ORPHEUS_LISTEN" envDoc:"address to answer gRPC on"`
	Admin  string `env:"ORPHEUS_ADMIN"  envDoc:"address for livez, readyz, metrics, pprof and loglevel; who reaches it can do harm: keep it on loopback"`

	DatabaseURL URL `env:"ORPHEUS_DATABASE_URL,required" envDoc:"PostgreSQL database of this service, postgres://user:password@host:port/name"`
	AMQPURL     URL `env:"ORPHEUS_AMQP_URL,required"     envDoc:"RabbitMQ, amqp://user:password@host:port/vhost"`

	Partitions int           `env:"ORPHEUS_PARTITIONS" envDefault:"1"     envDoc:"queues per hearer; the same in the whole installation"`
	Bundle     int           `env:"ORPHEUS_BUNDLE"     envDefault:"64"    envDoc:"facts of one type that may travel in one message under load, 64 at most; 1 has each travel alone"`
	Patience   time.Duration `env:"ORPHEUS_PATIENCE"   envDoc:"how long a change may wait for others that share its commit, even if there are few; 100ms at most"`
	LogLevel   slog.Level    `env:"ORPHEUS_LOG_LEVEL"  envDefault:"info"  envDoc:"debug, info, warn or error; can be changed at /loglevel while running"`
	Drain      time.Duration `env:"ORPHEUS_DRAIN"      envDefault:"500ms" envDoc:"how long to go on answering after saying that the service ends, 1s at most"`

	Instance string `env:"ORPHEUS_INSTANCE" envDoc:"name of this replica, the same after a restart; by default the host's name and the port"`
}

const (
	// maxDrain keeps the whole end within StopWithin.
	maxDrain = time.Second
	// maxPatience keeps facts from waiting longer than anybody would think.
	maxPatience = 100 * time.Millisecond
	// maxBundle is what the bus takes.
	maxBundle = 64
)

// Complete checks the settings, and fills in what follows from others. Parse
// calls it; a struct that embeds Settings and has a Complete of its own must call
// this one.
func (s *Settings) Complete() error {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	s.Instance = cmp.Or(s.Instance, host+s.port())
	switch {
	case s.Listen == "" || s.Admin == "":
		return errors.New("ORPHEUS_LISTEN and ORPHEUS_ADMIN must be addresses")
	case s.Partitions < 1:
		return fmt.Errorf("ORPHEUS_PARTITIONS is %d; want 1 or more", s.Partitions)
	case s.Bundle < 0 || s.Bundle > maxBundle: // 0 is what the bus has by default
		return fmt.Errorf("ORPHEUS_BUNDLE is %d; want 1 to %d", s.Bundle, maxBundle)
	case s.Patience < 0 || s.Patience > maxPatience:
		return fmt.Errorf("ORPHEUS_PATIENCE is %v; want 0 to %v", s.Patience, maxPatience)
	case s.Drain < 0 || s.Drain > maxDrain:
		return fmt.Errorf("ORPHEUS_DRAIN is %v; want 0 to %v", s.Drain, maxDrain)
	}
	return nil
}

// port returns the end of the listen address, from its last colon.
func (s *Settings) port() string {
	for i := len(s.Listen) - 1; i >= 0; i-- {
		if s.Listen[i] == ':' {
			return s.Listen[i:]
		}
	}
	return ""
}

// A URL is an address that may hold a password. However it is printed or logged,
// the password is not in it; Reveal returns it whole, for those who connect.
type URL string

// Reveal returns the URL with its password.
func (u URL) Reveal() string { return string(u) }

// String returns what may be seen of u: no password, and no parameters, since a
// password may be among them. Of what is no URL nothing may be seen.
func (u URL) String() string {
	parsed, err := url.Parse(string(u))
	switch {
	case u == "":
		return ""
	case err != nil, parsed.Scheme == "", parsed.Host == "":
		return telemetry.Redacted
	}
	seen := url.URL{Scheme: parsed.Scheme, User: parsed.User, Host: parsed.Host, Path: parsed.Path}
	return seen.Redacted()
}

// GoString is for %#v.
func (u URL) GoString() string { return u.String() }

// LogValue is for slog.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalText is for JSON.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }
