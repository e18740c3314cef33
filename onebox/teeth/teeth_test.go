package teeth_test

import (
	"errors"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"orpheus.example/onebox/teeth"
)

// root is the repository, as seen from here.
const root = "../.."

// least is how many bugs there must be, and how many of them for the simulator.
const (
	least          = 32
	leastSimulated = 25
)

func read(t *testing.T) []teeth.Bug {
	t.Helper()
	bugs, err := teeth.Read(os.DirFS("testdata/bugs"))
	if err != nil {
		t.Fatalf("Read = %v; want nil", err)
	}
	return bugs
}

func guarantees(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, teeth.Page))
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// TestBugsFitTheCode plants every bug on paper: the words that it replaces are
// there once, what comes out is Go, and it is something else than before.
func TestBugsFitTheCode(t *testing.T) {
	t.Parallel()
	for _, b := range read(t) {
		files, err := b.Edited(root)
		if err != nil {
			t.Errorf("%s: %v", b.Name, err)
			continue
		}
		for name, text := range files {
			if _, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution); err != nil {
				t.Errorf("%s: what comes out is no Go: %v", b.Name, err)
			}
		}
	}
}

// TestBugsBreakPromises looks for the promise that a bug breaks among those that
// are made.
func TestBugsBreakPromises(t *testing.T) {
	t.Parallel()
	promises, _, _ := strings.Cut(guarantees(t), "<!-- teeth")
	for _, b := range read(t) {
		if !strings.Contains(promises, b.Rule) {
			t.Errorf("%s breaks %q, which %s does not promise", b.Name, b.Rule, teeth.Page)
		}
	}
}

// TestTheTableListsEveryBug holds the table against the list. How a bug was found
// is not compared: that follows from the code, and changes with it.
func TestTheTableListsEveryBug(t *testing.T) {
	t.Parallel()
	bugs, page, simulated := read(t), guarantees(t), 0
	for _, b := range bugs {
		if b.Simulated() {
			simulated++
		}
		if !strings.Contains(page, b.Row()) {
			t.Errorf("%s has no row for %s; run make teeth WRITE=1", teeth.Page, b.Name)
		}
	}
	if len(bugs) < least || simulated < leastSimulated {
		t.Errorf("there are %d bugs, %d of them for the simulator; want %d and %d at least", len(bugs), simulated, least, leastSimulated)
	}
}

// TestRead reads bugs that are none.
func TestRead(t *testing.T) {
	t.Parallel()
	const head = "breaks: all\nrule: some\n"
	for name, text := range map[string]string{
		"no_edit":        head,
		"half_an_edit":   head + "-- a.go --\nx\n",
		"no_rule":        "breaks: all\n-- a.go --\nx\n-- is --\ny\n",
		"a_strange_word": head + "colour: red\n-- a.go --\nx\n-- is --\ny\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := teeth.Read(fstest.MapFS{"b.txtar": {Data: []byte(text)}})
			if !errors.Is(err, teeth.ErrFormat) {
				t.Errorf("Read(%q) = %v; want %v", text, err, teeth.ErrFormat)
			}
		})
	}
}

// TestEdited edits a file twice, and refuses words that are not there once.
func TestEdited(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "a.go"), []byte("one two two"), 0o600); err != nil {
		t.Fatal(err)
	}
	fits := teeth.Bug{Edits: []teeth.Edit{{"a.go", "one", "three"}, {"a.go", "three two", "four"}}}
	if files, err := fits.Edited(folder); err != nil || files["a.go"] != "four two" {
		t.Errorf("Edited = %q, %v; want four two", files, err)
	}
	for _, words := range []string{"two", "none"} {
		stale := teeth.Bug{Edits: []teeth.Edit{{"a.go", words, ""}}}
		if _, err := stale.Edited(folder); !errors.Is(err, teeth.ErrStale) {
			t.Errorf("Edited(%q) = %v; want %v", words, err, teeth.ErrStale)
		}
	}
}
