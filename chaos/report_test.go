package chaos

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func someReport() Report {
	r := Report{
		Seed: 7, Began: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC), Faulted: 10 * time.Minute, Acknowledged: 12_000, Lost: 1,
		Turns: []Turn{
			{N: 1, Faults: []string{"kill-service"}, Attempts: 10, Acknowledged: 9, Lost: 1, Recovered: time.Second, CaughtUp: 1500 * time.Millisecond},
			{N: 2, Faults: []string{"kill-service"}, Attempts: 10, Acknowledged: 10, Recovered: 3 * time.Second, Late: true, Busy: context.DeadlineExceeded},
			{N: 3, Faults: []string{"kill-broker", "kill-service"}, Wrong: "payment does not"},
		},
		Kills: Kills{Services: 3, Brokers: 1},
	}
	r.wrong("lost: order 1")
	return r
}

func TestReportTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	r := someReport()
	if err := r.Write(&out); err != nil || r.Clean() {
		t.Fatalf("Write() = %v, Clean() = %v; want nil, false", err, r.Clean())
	}
	for _, want := range []string{
		"kill-service      2        20            19     1        0        0          2     1   1.00s    3.00s      1.50s    1.50s",
		"pairs      1         0             0     0        0        0          0     0",
		"WRONG  lost: order 1", "services 3 times, broker 1, database 0", "lost 1, doubled 0, missing 0, stuck 0, inexact 0; late 1 and busy 1 of 3", "seed 7",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("report lacks %q:\n%s", want, &out)
		}
	}
}

func TestLedgerGrows(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "docs", "ledger.md")
	for _, commit := range []string{"abc1234", "def5678"} {
		r := someReport()
		if err := r.Enter(path, commit); err != nil {
			t.Fatalf("Enter() = %v; want nil", err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if n := strings.Count(string(text), "# What was survived"); n != 1 {
		t.Errorf("ledger has %d heads; want one:\n%s", n, text)
	}
	want := "| 2026-11-21 09:00 | def5678 | 7 | 10m0s | 12000 | 3 | 1 | 0 | 0 | 3 | 1 | 1.00 / 3.00 s | - | - | 1 | 0 | 0 | 0 | 0 |"
	if got := lines[len(lines)-1]; got != want {
		t.Errorf("last row = %s\nwant       %s", got, want)
	}
	// A row has as many cells as the head.
	head := lines[len(lines)-4]
	if strings.Count(head, "|") != strings.Count(want, "|") {
		t.Errorf("head = %s; want as many columns as %s", head, want)
	}
}
