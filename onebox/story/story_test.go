package story_test

import (
	"flag"
	"io"
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
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil))) // a story's own trouble is in its transcript
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
