package devstack

import (
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"orpheus.example/kit/servers/process"
)

// A Status is what is known of a detached stack.
type Status struct {
	Base  int
	Parts []PartStatus // in the order of starting
}

// A PartStatus tells of one process.
type PartStatus struct {
	Name  string
	Addr  string
	Admin string // of a service: metrics and health over HTTP
	Log   string
	Pid   int
	Up    bool
}

// Look looks at the stack in dir. Where none was ever started it has no parts.
func Look(dir string) (Status, error) {
	r, err := readRecord(dir)
	if err != nil {
		return Status{}, err
	}
	s := Status{Base: r.Base}
	for _, one := range r.Processes {
		_, err := process.Adopt(one.ID, one.Log)
		s.Parts = append(s.Parts, PartStatus{one.Name, one.Addr, one.Admin, one.Log, one.ID.Pid, err == nil})
	}
	return s, nil
}

// Whole reports whether every part runs, and all of daemons are among them.
func (s Status) Whole(daemons []Daemon) bool {
	up := map[string]bool{}
	for _, p := range s.Parts {
		if !p.Up {
			return false
		}
		up[p.Name] = true
	}
	for _, d := range daemons {
		if !up[d.Name] {
			return false
		}
	}
	return up["postgres"] && up["rabbitmq"]
}

// String is a table for people.
func (s Status) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, p := range s.Parts {
		state := "down"
		if p.Up {
			state = fmt.Sprintf("up, pid %d", p.Pid)
		}
		admin := p.Admin
		if admin != "" {
			admin = "admin " + admin
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", p.Name, p.Addr, admin, state, shortPath(p.Log))
	}
	_ = w.Flush() // a Builder takes everything
	return b.String()
}

// shortPath is path as seen from the working folder, if that is shorter.
func shortPath(path string) string {
	here, err := filepath.Abs(".")
	if err != nil {
		return path
	}
	short, err := filepath.Rel(here, path)
	if err != nil || len(short) > len(path) {
		return path
	}
	return short
}

// Hints say what to try on a stack that is up.
func (s Status) Hints(dir string) string {
	var b strings.Builder
	for _, p := range s.Parts {
		switch p.Name {
		case "order":
			fmt.Fprintf(&b, "Try      grpcurl -plaintext %s list\n", p.Addr)
		case SandboxName:
			fmt.Fprintf(&b, "Mails    http://%s/mailbox\n", p.Addr)
		case "rabbitmq":
			fmt.Fprintf(&b, "Broker   amqp://guest:guest@%s/\n", p.Addr)
		}
	}
	fmt.Fprintf(&b, "Secrets  %s (passwords of the databases)\n", filepath.Join(dir, recordFile))
	return b.String() + "End      make stop\n"
}
