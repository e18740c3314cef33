package teeth

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"golang.org/x/tools/txtar"
)

// A Bug is one mistake that can be planted.
type Bug struct {
	Name   string // of its file
	Breaks string // what goes wrong because of it
	Rule   string // the promise in docs/guarantees.md that it breaks
	Test   Test   // that must fail; the zero Test if the simulator hunts it
	Edits  []Edit
}

// A Test is one of the repository that must fail.
type Test struct{ Package, Name string }

// An Edit replaces words of a source file. They occur in it exactly once.
type Edit struct{ Path, Was, Is string }

// What is wrong with a bug.
var (
	ErrFormat = errors.New("file holds no bug")
	ErrStale  = errors.New("bug fits the code no longer")
)

// Read returns the bugs in a folder, in the order of their names.
func Read(folder fs.FS) ([]Bug, error) {
	names, err := fs.Glob(folder, "*.txtar")
	if err != nil {
		return nil, err
	}
	bugs := make([]Bug, 0, len(names))
	for _, name := range names {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		b, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		b.Name = strings.TrimSuffix(path.Base(name), ".txtar")
		bugs = append(bugs, b)
	}
	return bugs, nil
}

// parse reads one file: lines that say what the bug is, and then for each edit a
// section with the name of the source file and the words that are there, and a
// section "is" with those that take their place.
func parse(text []byte) (b Bug, err error) {
	archive := txtar.Parse(text)
	for line := range strings.Lines(string(archive.Comment)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "breaks":
			b.Breaks = value
		case "rule":
			b.Rule = value
		case "test":
			b.Test.Package, b.Test.Name, _ = strings.Cut(value, " ")
		case "":
		default:
			return b, fmt.Errorf("%w: %q means nothing", ErrFormat, key)
		}
	}
	sections := archive.Files
	for ; len(sections) >= 2 && sections[1].Name == "is"; sections = sections[2:] {
		b.Edits = append(b.Edits, Edit{sections[0].Name, words(sections[0]), words(sections[1])})
	}
	switch {
	case len(sections) > 0 || len(b.Edits) == 0:
		return b, fmt.Errorf("%w: sections are not pairs of a source file and %q", ErrFormat, "is")
	case b.Breaks == "" || b.Rule == "":
		return b, fmt.Errorf("%w: breaks and rule must be said", ErrFormat)
	}
	return b, nil
}

// words returns what a section holds, without the end of its last line, so that a
// part of a line can be replaced.
func words(f txtar.File) string { return strings.TrimSuffix(string(f.Data), "\n") }

// Simulated reports whether the simulator hunts b.
func (b Bug) Simulated() bool { return b.Test == Test{} }

// apply returns the text of a source file with e in it.
func (e Edit) apply(source string) (string, error) {
	if n := strings.Count(source, e.Was); n != 1 {
		return "", fmt.Errorf("%w: %s holds %q %d times; want once", ErrStale, e.Path, e.Was, n)
	}
	return strings.Replace(source, e.Was, e.Is, 1), nil
}
