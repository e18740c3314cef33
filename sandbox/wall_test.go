package sandbox_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestWall: the outside world knows nothing of the shop. Its program stands on
// the standard library and the SMTP server; tests may compare with go-cmp.
func TestWall(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") {
			return err
		}
		files++
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, one := range f.Imports {
			name, err := strconv.Unquote(one.Path.Value)
			if err != nil {
				return err
			}
			if !allowed(name, strings.HasSuffix(path, "_test.go")) {
				t.Errorf("%s imports %s; want the standard library, go-smtp or the sandbox itself", path, name)
			}
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Fatalf("read %d files: %v", files, err)
	}
}

func allowed(name string, test bool) bool {
	first, _, _ := strings.Cut(name, "/")
	return !strings.Contains(first, ".") || // the standard library has no domain
		name == "github.com/emersion/go-smtp" ||
		name == "orpheus.example/sandbox" || strings.HasPrefix(name, "orpheus.example/sandbox/") ||
		test && name == "github.com/google/go-cmp/cmp"
}
