package journal_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/sandbox/journal"
)

func open(t *testing.T, path string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func mustKeep(t *testing.T, j *journal.Journal, part string, mutations ...string) {
	t.Helper()
	for _, m := range mutations {
		if err := j.Write(part, m); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Settle(); err != nil {
		t.Fatal(err)
	}
}

// replay returns what the journal in path remembers of part.
func replay(t *testing.T, j *journal.Journal, part string) []string {
	t.Helper()
	var all []string
	err := j.Replay(part, func(body json.RawMessage) error {
		var m string
		err := json.Unmarshal(body, &m)
		all = append(all, m)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestReplayTellsPartsApart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	j := open(t, path)
	mustKeep(t, j, "bank", "a1", "a2")
	mustKeep(t, j, "post", "b1")
	mustKeep(t, j, "bank", "a3")

	// The first journal is left open and not closed, as a kill -9 would.
	again := open(t, path)
	if diff := cmp.Diff([]string{"a1", "a2", "a3"}, replay(t, again, "bank")); diff != "" {
		t.Errorf("Replay(bank), -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"b1"}, replay(t, again, "post")); diff != "" {
		t.Errorf("Replay(post), -want +got:\n%s", diff)
	}
}

// TestTornLastLine cuts the last line at every byte. What was whole before is
// there, and what is written after is too.
func TestTornLastLine(t *testing.T) {
	t.Parallel()
	whole := filepath.Join(t.TempDir(), "journal")
	j := open(t, whole)
	mustKeep(t, j, "bank", "one", "two")
	text, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	first := strings.IndexByte(string(text), '\n') + 1
	for cut := first; cut <= len(text); cut++ {
		want := []string{"one", "three"}
		if cut == len(text) {
			want = []string{"one", "two", "three"}
		}
		path := filepath.Join(t.TempDir(), "journal")
		if err := os.WriteFile(path, text[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		mustKeep(t, open(t, path), "bank", "three")
		if diff := cmp.Diff(want, replay(t, open(t, path), "bank")); diff != "" {
			t.Errorf("cut at %d of %d, -want +got:\n%s", cut, len(text), diff)
		}
	}
}

func TestOpenJudgesBrokenLines(t *testing.T) {
	t.Parallel()
	const good = `{"part":"bank","body":"x"}` + "\n"
	tests := []struct {
		name, text string
		records    int
		err        error
	}{
		{"empty_file", "", 0, nil},
		{"whole_lines", good + good, 2, nil},
		{"torn_line_with_its_newline", good + "\x00\x00\x00}\n", 1, nil},
		{"last_line_is_json_but_no_record", good + "{}\n", 1, nil},
		{"broken_line_in_the_middle", good + "garbage\n" + good, 0, journal.ErrCorrupt},
		{"broken_line_before_a_torn_one", good + "garbage\n" + good[:5], 0, journal.ErrCorrupt},
		{"line_beyond_the_limit", good + strings.Repeat("x", journal.MaxRecord+1), 0, journal.ErrCorrupt},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "journal")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			j, err := journal.Open(path)
			if !errors.Is(err, tt.err) {
				t.Fatalf("Open = %v; want %v", err, tt.err)
			}
			if err != nil {
				return
			}
			defer func() { _ = j.Close() }()
			if got := len(replay(t, j, "bank")); got != tt.records {
				t.Errorf("records = %d; want %d", got, tt.records)
			}
		})
	}
}

func TestWriteRefusesTooLarge(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	j := open(t, path)
	err := j.Write("bank", strings.Repeat("x", journal.MaxRecord))
	if !errors.Is(err, journal.ErrTooLarge) {
		t.Fatalf("Write = %v; want %v", err, journal.ErrTooLarge)
	}
	mustKeep(t, j, "bank", "small") // nothing of the large one was written
	if got := replay(t, open(t, path), "bank"); len(got) != 1 {
		t.Errorf("replay = %q; want one record", got)
	}
}

func TestNothingIsKeptAfterClose(t *testing.T) {
	t.Parallel()
	j := open(t, filepath.Join(t.TempDir(), "journal"))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.Write("bank", "late"); !errors.Is(err, journal.ErrBroken) {
		t.Errorf("Write after Close = %v; want %v", err, journal.ErrBroken)
	}
	if err := j.Settle(); !errors.Is(err, journal.ErrBroken) {
		t.Errorf("Settle after Close = %v; want %v", err, journal.ErrBroken)
	}
}

func TestMemoryForgets(t *testing.T) {
	t.Parallel()
	j := open(t, "")
	mustKeep(t, j, "bank", "one")
	if got := replay(t, j, "bank"); got != nil {
		t.Errorf("replay of a memory journal = %q; want nothing", got)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	j := open(t, path)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			if err := errors.Join(j.Write("bank", fmt.Sprint(i)), j.Settle()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := len(replay(t, open(t, path), "bank")); got != 50 {
		t.Errorf("records = %d; want 50", got)
	}
}

// BenchmarkSettle has one caller and many wait for the disk: many share the wait.
func BenchmarkSettle(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			j, err := journal.Open(filepath.Join(b.TempDir(), "journal"))
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = j.Close() }()
			b.SetParallelism(callers)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := errors.Join(j.Write("bank", "a line"), j.Settle()); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
