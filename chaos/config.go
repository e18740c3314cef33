package chaos

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// The defaults of Config.
const (
	DefaultFor  = 10 * time.Minute
	DefaultRate = 25.0
)

// ErrSettings says that a Config makes no sense.
var ErrSettings = errors.New("settings make no sense")

// A Config says how long to break what, and how.
type Config struct {
	// Bin is the folder of the built daemons.
	Bin string
	// Dir is where the shop runs.
	Dir string
	// For is how long faults go on, about: a deck that was begun is dealt to its
	// end. DefaultFor by default.
	For time.Duration
	// Rate is how many orders are placed in a second; DefaultRate by default.
	Rate float64
	// Seed decides what is done, in which order, to whom.
	Seed uint64
	// Faults are the names of those to choose from; all by default.
	Faults []string
	// Out is told how it goes, line by line; nobody by default.
	Out io.Writer
}

// complete returns c with defaults in place of what was left out.
func (c Config) complete() (Config, error) {
	if c.For == 0 {
		c.For = DefaultFor
	}
	if c.Rate == 0 {
		c.Rate = DefaultRate
	}
	if c.Out == nil {
		c.Out = io.Discard
	}
	if c.For < 0 || c.Rate < 0 {
		return c, fmt.Errorf("%w: %s at %g orders per second", ErrSettings, c.For, c.Rate)
	}
	for _, name := range c.Faults {
		if !slices.ContainsFunc(faults, func(f fault) bool { return f.name == name }) {
			return c, fmt.Errorf("%w: %q is no fault; there are %s", ErrSettings, name, strings.Join(names(), ", "))
		}
	}
	return c, nil
}

// A Kind is one kind of fault.
type Kind struct{ Name, Says string }

// Kinds returns all kinds of faults there are.
func Kinds() []Kind {
	var all []Kind
	for _, f := range faults {
		all = append(all, Kind{f.name, f.says})
	}
	return all
}

func names() []string {
	var all []string
	for _, f := range faults {
		all = append(all, f.name)
	}
	return all
}
