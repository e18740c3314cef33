package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"orpheus.example/onebox"
	"orpheus.example/onebox/cli"
	"orpheus.example/onebox/load"
	"orpheus.example/onebox/verify"
)

// openRunning is openStage with a shop that runs.
func openRunning(t *testing.T) *stage {
	t.Helper()
	box, err := onebox.Open(t.Context(), onebox.Config{Speed: 1000, TrackEvery: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- box.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, box.Close(context.Background())); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	s := &stage{t: t, box: box, env: map[string]string{}, named: map[string]string{}}
	s.serve()
	return s
}

// TestLoad places orders at a shop over the network, and sees that the report is
// there, that progress is on standard error, and that all books agree.
func TestLoad(t *testing.T) {
	s := openRunning(t)
	out, progress, code := s.run("load", "--rate", "30", "--duration", "1500ms", "--warmup", "0s", "--skus", "4", "--connections", "2", "--timeout", "30s")
	if code != cli.ExitOK {
		t.Fatalf("load = %d, %s\n%s", code, out, progress)
	}
	for _, want := range []string{"sent ", "accepted ", "placed to delivered", "PlaceOrder\n  up to ", "mailbox", " 0 under way.\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("load printed no %q:\n%s", want, out)
		}
	}
	if !strings.HasPrefix(progress, "1s steady: placed ") {
		t.Errorf("load told %q; want lines of what happens", progress)
	}
}

// TestLoadAsJSON runs a load on a shop in the same process, and reads what it
// printed as a program does.
func TestLoadAsJSON(t *testing.T) {
	s := &stage{t: t}
	out, progress, code := s.run("load", "--embedded", "--data", t.TempDir(), "--durable", "-o", "json", "--timeout", "30s",
		"--window", "5", "--duration", "1s", "--warmup", "0s", "--mix", "happy=3,declined=1", "--watch-share", "1")
	var got struct {
		Load  load.Report
		Books verify.Report
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != cli.ExitOK {
		t.Fatalf("load = %d, %v\n%s%s", code, err, out, progress)
	}
	if got.Load.Accepted == 0 || got.Load.Rate != 0 || !got.Load.Drained || got.Load.Delivered.P50 <= 0 {
		t.Errorf("load = %+v; want orders accepted, in a window, drained and timed", got.Load)
	}
	if !got.Books.Clean() || int64(got.Books.Orders) < got.Load.Accepted {
		t.Errorf("books = %+v; want them clean, with %d orders or more", got.Books, got.Load.Accepted)
	}
}

// TestLoadInstant runs a load whose outside world keeps no books, and asks for their
// comparison, which cannot be had.
func TestLoadInstant(t *testing.T) {
	s := &stage{t: t}
	flags := []string{"load", "--embedded", "--instant", "--window", "5", "--duration", "1s", "--warmup", "0s", "--mix", "happy"}
	if out, progress, code := s.run(append(flags, "--no-verify")...); code != cli.ExitOK || !strings.Contains(out, "all ended within ") {
		t.Errorf("load --instant = %d, %s%s; want a report", code, out, progress)
	}
	if _, progress, code := s.run(flags...); code != cli.ExitUsage || !strings.Contains(progress, "--no-verify") {
		t.Errorf("load --instant with books = %d, %s; want a refusal that says what to do", code, progress)
	}
}

// A signal is a writer that calls f once, when something is written.
type signal struct {
	bytes.Buffer
	once sync.Once
	f    func()
}

func (s *signal) Write(p []byte) (int, error) {
	s.once.Do(s.f)
	return s.Buffer.Write(p)
}

// TestLoadInterrupted has a person see enough after a second: the orders that
// were sent are seen through, and all is reported.
func TestLoadInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var out bytes.Buffer
	progress := &signal{f: stop}
	p := cli.Program{Out: &out, Err: progress, Watched: true, Env: func(string) string { return "" }}
	code := p.Run(ctx, strings.Fields("load --embedded --rate 20 --duration 1h --mix happy --no-verify --timeout 30s"))
	if code != cli.ExitOK || !strings.Contains(out.String(), "all ended within ") || strings.Contains(out.String(), "CHECK") {
		t.Errorf("load = %d, %s%s; want a report", code, out.String(), progress.String())
	}
	if !strings.HasPrefix(progress.String(), "  time  phase ") {
		t.Errorf("load told %q; want a table", progress.String())
	}
}
