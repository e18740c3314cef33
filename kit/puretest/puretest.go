// Package puretest holds packages that only think to their word: they import
// nothing but the standard library's pure part, and never ask for the time.
package puretest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowed are the packages that know no clock, no randomness and no I/O, except
// for what forbidden names.
var allowed = []string{
	"bytes", "cmp", "errors", "fmt", "iter", "maps", "math", "math/bits", "slices", "sort", "strconv", "strings",
	"time", "unicode", "unicode/utf8",
}

// forbidden are the functions of package time that look at the clock.
var forbidden = []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker"}

// Check fails t unless the non-test files of the package in dir are pure: no
// import beyond the allowed ones, no clock, no goroutine, no init, no printing.
func Check(t *testing.T, dir string) {
	t.Helper()
	notTest := func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }
	files := token.NewFileSet()
	packages, err := parser.ParseDir(files, dir, notTest, parser.SkipObjectResolution) //nolint:staticcheck // build tags do not matter here
	if err != nil {
		t.Fatalf("parse %s: %v", dir, err)
	}
	if len(packages) == 0 {
		t.Fatalf("no Go files in %s", dir)
	}
	for _, p := range packages {
		for _, f := range p.Files {
			for _, sin := range Sins(f) {
				t.Errorf("%s: %s", files.Position(sin.Pos), sin.What)
			}
		}
	}
}

// A Sin is a place where a file is not pure.
type Sin struct {
	Pos  token.Pos
	What string
}

// Sins returns all places where f is not pure.
func Sins(f *ast.File) []Sin {
	var sins []Sin
	for _, i := range f.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err != nil || !slices.Contains(allowed, path) {
			sins = append(sins, Sin{i.Pos(), "imports " + i.Path.Value})
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if what := sin(n); what != "" {
			sins = append(sins, Sin{n.Pos(), what})
		}
		return true
	})
	return sins
}

func sin(n ast.Node) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "starts a goroutine"
	case *ast.FuncDecl:
		if n.Name.Name == "init" && n.Recv == nil {
			return "has an init function"
		}
	case *ast.SelectorExpr:
		x, ok := n.X.(*ast.Ident)
		switch {
		case !ok:
		case x.Name == "time" && slices.Contains(forbidden, n.Sel.Name):
			return "asks for the time"
		case x.Name == "fmt" && (strings.HasPrefix(n.Sel.Name, "Print") || strings.HasPrefix(n.Sel.Name, "Scan")):
			return "does I/O"
		}
	}
	return ""
}
