//go:build teeth

package teeth_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"orpheus.example/onebox/teeth"
)

var (
	write = flag.Bool("write", false, "renew the table in "+teeth.Page)
	only  = flag.String("only", "", "hunt the bugs whose names match this pattern, as in path.Match")
)

// within is far more than any hunt takes on any machine: it ends those that hang.
const within = 30 * time.Minute

// mostMedian is what the simulator may take for a bug, of processor time, in the
// middle of all.
const mostMedian = 10 * time.Second

// TestEveryBugIsFound plants one bug after the other, two at a time: one is built
// while the other runs.
func TestEveryBugIsFound(t *testing.T) {
	bugs := chosen(t)
	var mu sync.Mutex
	finds := map[string]teeth.Find{}
	t.Run("hunt", func(t *testing.T) {
		room := make(chan struct{}, 2)
		for _, b := range bugs {
			t.Run(b.Name, func(t *testing.T) {
				t.Parallel()
				room <- struct{}{}
				defer func() { <-room }()
				ctx, cancel := context.WithTimeout(t.Context(), within)
				defer cancel()
				f, err := b.Hunt(ctx, root, t.TempDir())
				if err != nil {
					t.Fatalf("Hunt(%s) = %v; want it to be found", b.Name, err)
				}
				t.Logf("%s: %s, seed %d, after %d schedules, %v", f.By, f.What, f.Seed, f.Schedules, f.Took.Round(time.Millisecond))
				mu.Lock()
				defer mu.Unlock()
				finds[b.Name] = f
			})
		}
	})
	if median := teeth.Median(bugs, finds); median > mostMedian {
		t.Errorf("the simulator takes %v of processor time for a bug at the median; want %v", median, mostMedian)
	}
	if *write && !t.Failed() {
		renew(t, bugs, finds)
	}
}

// chosen returns the bugs to be hunted.
func chosen(t *testing.T) []teeth.Bug {
	t.Helper()
	var bugs []teeth.Bug
	for _, b := range read(t) {
		matched, err := filepath.Match(*only, b.Name)
		if err != nil {
			t.Fatalf("-only %s: %v", *only, err)
		}
		if matched || *only == "" {
			bugs = append(bugs, b)
		}
	}
	return bugs
}

// renew writes the table, which is of all bugs or of none.
func renew(t *testing.T, bugs []teeth.Bug, finds map[string]teeth.Find) {
	t.Helper()
	if *only != "" {
		t.Fatal("-write needs all bugs, and -only leaves some out")
	}
	page, err := teeth.Write(guarantees(t), bugs, finds)
	if err == nil {
		err = os.WriteFile(filepath.Join(root, teeth.Page), []byte(page), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
