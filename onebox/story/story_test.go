package story_test

import (
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/onebox/story"
)

var rewrite = flag.Bool("rewrite", false, "write the transcripts anew; commit only what you understand")

func TestMain(m *testing.M) {
	flag.Parse()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // a story's own trouble is in its transcript
	os.Exit(m.Run())
}

// TestStories plays every story and compares what happens with its transcript.
// A story that does not end with books that agree is a failure, rewritten or not.
func TestStories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/stories/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			play(t, file)
		})
	}
}

func play(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	played, err := story.Play(t.Context(), string(text))
	if err != nil {
		t.Fatalf("Play(%s) = %v", file, err)
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(played), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if diff := cmp.Diff(strings.Split(string(text), "\n"), strings.Split(played, "\n")); diff != "" {
		t.Errorf("%s goes otherwise (-told +now):\n%s\nIf the new one is right: go test ./onebox/story -rewrite", file, diff)
	}
	if !strings.Contains(played, "\nbooks      agree: ") || strings.Contains(played, "WRONG") {
		t.Errorf("%s does not end with books that agree", file)
	}
}

// TestPlayRefuses sees that a script that makes no sense is an error and not a
// story in which nothing happens.
func TestPlayRefuses(t *testing.T) {
	t.Parallel()
	const item = "item TEAPOT 21.00 EUR stock 1\n"
	for name, script := range map[string]string{
		"unknown_command":   "dance o1",
		"too_few_words":     "cancel",
		"unknown_order":     item + "cancel o1",
		"money_without_end": "item TEAPOT 21 EUR",
		"unknown_switch":    "switch moon down",
		"unknown_mode":      "switch provider tired",
		"no_duration":       "advance soon",
		"late_comment":      "settle\n# why",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if played, err := story.Play(t.Context(), script); err == nil {
				t.Errorf("Play(%q) = nil; want an error\n%s", script, played)
			}
		})
	}
}

// TestPlayIsRepeatable sees that a story told twice is told alike, to the letter,
// though two shops play it at the same time.
func TestPlayIsRepeatable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../testdata/stories/last_unit_for_three.txt")
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 2)
	for range cap(told) {
		go func() {
			played, err := story.Play(t.Context(), string(text))
			if err != nil {
				played = err.Error()
			}
			told <- played
		}()
	}
	if diff := cmp.Diff(<-told, <-told); diff != "" {
		t.Errorf("two plays of one story (-one +other):\n%s", diff)
	}
}
