package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"orpheus.example/deploy/devstack"
)

// stops are the places that the tour names: a file and something in it.
var stops = regexp.MustCompile("`([a-z0-9/_]+\\.(?:go|proto))` `([A-Za-z]+)`")

func TestTourIsTrue(t *testing.T) {
	t.Parallel()
	found := stops.FindAllStringSubmatch(read(t, "docs/tour.md"), -1)
	if len(found) < 15 {
		t.Fatalf("found %d stops in docs/tour.md; want at least 15", len(found))
	}
	for _, stop := range found {
		if file, name := stop[1], stop[2]; !regexp.MustCompile(`\b` + name + `\b`).MatchString(read(t, file)) {
			t.Errorf("docs/tour.md: %s has no %s", file, name)
		}
	}
}

// links are relative links between documents.
var links = regexp.MustCompile(`\]\(([^):#]+)\)`)

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	root, err := devstack.Root()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, more...) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range links.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), link[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", strings.TrimPrefix(page, root), link[1])
			}
		}
	}
}

// read returns a file of the repository.
func read(t *testing.T, file string) string {
	t.Helper()
	root, err := devstack.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
