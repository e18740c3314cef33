package cli_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"orpheus.example/kit/bus"
	"orpheus.example/onebox"
	"orpheus.example/onebox/cli"
)

// rewrite renews the transcripts. Keep only a change that you understand.
var rewrite = flag.Bool("rewrite", false, "write what commands print into testdata")

// TestTranscripts plays every file of testdata on a shop of its own, whose time
// stands still unless it is moved. A line that begins with "$ " is a command line
// of orpheus, one with "% " says what happens besides: "settle" lets the services
// do all that they have to do, "advance 3s" lets time pass and settles, "poison"
// says what nobody can read about the last order. Below a
// command stands what it printed, errors too, and its exit code if that is not 0.
// Lines with "#" are for the reader.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := openStage(t).play(string(want))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s reads otherwise (-want +got); see -rewrite:\n%s", file, diff)
			}
		})
	}
}

// A stage is a shop that does nothing by itself, and a command line to it.
type stage struct {
	t   *testing.T
	box *onebox.Box
	env map[string]string
	ids int
	way bus.Bus // on which things are said that no service says

	last  string            // the order that was placed last
	named map[string]string // ids of orders
}

func openStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, env: map[string]string{}, named: map[string]string{}}
	box, err := onebox.Open(t.Context(), onebox.Config{Stepped: true, Bus: func(way bus.Bus) bus.Bus {
		s.way = way
		return way
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.box = box
	t.Cleanup(func() {
		if err := box.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	s.serve()
	return s
}

// serve puts the shop on free ports: what a command line finds is a network.
func (s *stage) serve() {
	s.t.Helper()
	const free = "127.0.0.1:0"
	at := onebox.Addresses{Services: map[string]string{}, Sandbox: free, SMTP: free}
	for _, name := range onebox.Names {
		at.Services[name] = free
	}
	l, err := s.box.Listen(s.t.Context(), at)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(s.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Serve(ctx) }()
	s.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			s.t.Errorf("serve: %v", err)
		}
	})
	for name, address := range l.Services {
		s.env["ORPHEUS_"+strings.ToUpper(name)+"_ADDR"] = address
	}
	s.env["ORPHEUS_SANDBOX_URL"] = "http://" + l.Sandbox
}

// run runs one command line and returns what it printed, in two parts.
func (s *stage) run(args ...string) (out, complaints string, code int) {
	var stdout, stderr bytes.Buffer
	p := cli.Program{
		Out: &stdout, Err: &stderr, Env: func(name string) string { return s.env[name] }, NewID: s.newID, Zone: time.UTC,
		Now: s.box.Now,
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	code = p.Run(ctx, args)
	return stdout.String(), stderr.String(), code
}

// newID returns ids that are the same in every run of the test.
func (s *stage) newID() string {
	s.ids++
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, s.ids)).String()
}

// play plays a script and returns it with what was printed.
func (s *stage) play(script string) string {
	var b strings.Builder
	reading := true // among lines for the reader, which stay together
	for line := range strings.Lines(script) {
		line = strings.TrimSuffix(line, "\n")
		command, typed := strings.CutPrefix(line, "$ ")
		direction, told := strings.CutPrefix(line, "% ")
		switch {
		case typed:
			fmt.Fprintf(&b, "\n%s\n%s", line, s.printed(command))
			reading = false
		case told:
			fmt.Fprintf(&b, "\n%s\n", line)
			s.direct(direction)
			reading = false
		case strings.HasPrefix(line, "#"):
			if !reading {
				b.WriteString("\n")
			}
			fmt.Fprintf(&b, "%s\n", line)
			reading = true
		}
	}
	return b.String()
}

func (s *stage) printed(command string) string {
	args := split(command)
	for i, a := range args {
		if id, ok := s.named[a]; ok {
			args[i] = id
		}
	}
	out, complaints, code := s.run(args...)
	if placed, ok := strings.CutPrefix(out, "order  "); ok {
		s.last, _, _ = strings.Cut(placed, "\n")
	}
	text := out + complaints
	if code != cli.ExitOK {
		text += fmt.Sprintf("exit %d\n", code)
	}
	for name, value := range s.env {
		text = strings.ReplaceAll(text, value, "<"+name+">") // ports differ
	}
	return versions.ReplaceAllString(text, "$1#") // which rise without anybody noticing
}

// versions are those of views.
var versions = regexp.MustCompile(`(view\.[a-z]+\.v)[0-9]`)

// split takes a command line apart as a shell does, as far as is needed: quotes
// are single.
func split(command string) []string {
	var args []string
	for i, part := range strings.Split(command, "'") {
		if i%2 == 1 {
			args = append(args, part)
		} else {
			args = append(args, strings.Fields(part)...)
		}
	}
	return args
}

func (s *stage) direct(direction string) {
	if name, ok := strings.CutPrefix(direction, "call it "); ok {
		s.named[name] = s.last
		return
	}
	if direction == "poison" {
		s.poison()
		return
	}
	if text, ok := strings.CutPrefix(direction, "advance "); ok {
		d, err := time.ParseDuration(text)
		if err != nil {
			s.t.Fatal(err)
		}
		s.box.Advance(d)
	}
	if err := s.box.Settle(s.t.Context()); err != nil {
		s.t.Fatalf("%s: %v", direction, err)
	}
}

// poison says something about the last order that nobody can read, in the name of
// payment.
func (s *stage) poison() {
	s.t.Helper()
	m := bus.Message{
		ID: uuid.MustParse(s.newID()), Type: "payment.v1.PaymentAuthorized", Source: "payment", Body: []byte("garbage"),
		Subject: "payment-" + s.last, Version: 1, Correlation: s.last, Time: s.box.Now(),
	}
	if _, err := s.way.Publish(s.t.Context(), []bus.Message{m}); err != nil {
		s.t.Fatal(err)
	}
}
