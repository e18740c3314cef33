package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"
)

// The exit codes; see the package comment.
const (
	ExitOK = iota
	ExitRefused
	ExitUsage
	ExitUnreachable
	ExitViolated
)

// A Program is what a command line runs in. The zero Program is the process's
// own.
type Program struct {
	// Out takes what was asked for; os.Stdout by default.
	Out io.Writer
	// Err takes complaints and progress; os.Stderr by default.
	Err io.Writer
	// Env looks up the environment; os.Getenv by default.
	Env func(string) string
	// Terminal says that a person looks at Out, so that colour makes sense.
	Terminal bool
	// Watched says that a person looks at Err, so that progress does.
	Watched bool
	// NewID makes request ids; UUIDs of version 7 by default.
	NewID func() string
	// Zone is in which times are shown; time.Local by default.
	Zone *time.Location
	// Now says what time it is, to tell how long ago something was; time.Now by
	// default.
	Now func() time.Time
}

// complete returns p with defaults in place of what was left out.
func (p Program) complete() Program {
	if p.Out == nil {
		p.Out = os.Stdout
	}
	if p.Err == nil {
		p.Err = os.Stderr
	}
	if p.Env == nil {
		p.Env = os.Getenv
	}
	if p.NewID == nil {
		p.NewID = newID
	}
	if p.Zone == nil {
		p.Zone = time.Local
	}
	if p.Now == nil {
		p.Now = time.Now
	}
	return p
}

// newID returns an id that begins with the time, so that the databases keep together
// what happens at one time.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// Run runs the command that args (without the program's name) ask for, until it
// ends or ctx does, and returns the exit code. It has told of any error.
func (p Program) Run(ctx context.Context, args []string) int {
	s := &session{Program: p.complete(), web: &http.Transport{Proxy: http.ProxyFromEnvironment}}
	defer s.close()
	root := s.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return ExitOK
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return ExitOK // a person has seen enough
	case !s.started, errors.As(err, new(usageError)):
		// Nothing of it was done.
		_, _ = fmt.Fprintf(s.Err, "error: %v\nRun 'orpheus --help' for what there is.\n", err) // nobody is left to tell
		return ExitUsage
	}
	return s.complain(err)
}

// A usageError says that an argument makes no sense.
type usageError struct{ error }

// misuse returns such an error.
func misuse(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }
