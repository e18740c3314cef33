package devstack

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"syscall"

	"orpheus.example/kit/servers"
	"orpheus.example/kit/servers/process"
)

// A record is what a stack writes down: passwords, which must stay the same
// for the data to stay readable, and who was started, so that it can be ended.
type record struct {
	Base      int               `json:"base"`
	Passwords map[string]string `json:"passwords"` // by service
	Postgres  string            `json:"postgres"`  // folder of PostgreSQL
	Processes []started         `json:"processes"` // in the order of starting
}

// A started is one process of a stack.
type started struct {
	Name   string         `json:"name"`
	ID     process.ID     `json:"id"`
	Signal syscall.Signal `json:"signal"` // what asks it to end
	Level  level          `json:"level"`
	Addr   string         `json:"addr"`
	Admin  string         `json:"admin,omitempty"` // of a service
	Log    string         `json:"log"`
}

// A level says when a process is ended: lower ones first, because they need
// the higher ones.
type level int

const (
	daemonLevel level = iota // they finish what they began, with all servers up
	serverLevel
	mapperLevel // the port mapper, which RabbitMQ needs to its end
	levels
)

// readRecord reads the record of the stack in dir, or returns an empty one.
func readRecord(dir string) (record, error) {
	r := record{Passwords: map[string]string{}}
	text, err := os.ReadFile(filepath.Join(dir, recordFile)) //nolint:gosec // we wrote it
	if errors.Is(err, os.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("read %s: %w", filepath.Join(dir, recordFile), err)
	}
	return r, nil
}

// write keeps the record, as it is now, for the owner's eyes only. It replaces
// the old one whole: a crash in between leaves one of both.
func (s *Stack) write() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record.Base = s.config.Base
	s.record.Processes = s.processes()
	text, err := json.MarshalIndent(s.record, "", "  ")
	if err != nil {
		return err
	}
	draft := s.path(recordFile + ".new")
	if err := os.WriteFile(draft, append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(draft, s.path(recordFile))
}

// processes lists what runs. The caller holds the lock.
func (s *Stack) processes() []started {
	var all []started
	if s.Postgres != nil {
		all = append(all, serverProcesses(s.Postgres)...)
	}
	if s.Rabbit != nil {
		all = append(all, serverProcesses(s.Rabbit)...)
	}
	for _, d := range s.config.Daemons {
		p := s.running[d.Name]
		if p == nil || !p.Alive() {
			continue
		}
		one := started{Name: d.Name, ID: p.ID(), Signal: syscall.SIGTERM, Addr: s.Addr(d.Name), Log: s.LogFile(d.Name)}
		if d.Name == SandboxName {
			one.Level = serverLevel
		} else {
			one.Admin = s.Admin(d.Name)
		}
		all = append(all, one)
	}
	return all
}

// serverProcesses lists the processes of a server, each to be ended before the
// next.
func serverProcesses(s interface {
	Parts() []servers.Part
	Addr() string
	Log() string
}) []started {
	var all []started
	for i, p := range s.Parts() {
		one := started{Name: p.Name, ID: p.ID, Signal: p.Stop, Level: serverLevel + level(i), Log: s.Log()}
		if i == 0 {
			one.Addr = s.Addr()
		}
		all = append(all, one)
	}
	return all
}

// postgresDir is where PostgreSQL keeps its data: with the rest, unless we are
// root and the user postgres cannot get there, as in a home folder.
func postgresDir(dir string) string {
	beside := filepath.Join(dir, pgDir)
	if os.Getuid() != 0 || servers.Reachable(beside) == nil {
		return beside
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(dir)) // never fails
	return fmt.Sprintf("/var/lib/postgresql/orpheus-%08x", h.Sum32())
}
