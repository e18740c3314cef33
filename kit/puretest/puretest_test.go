package puretest

import (
	"go/parser"
	"go/token"
	"testing"
)

func TestSins(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, source, want string }{
		{"pure_code_has_none", "package p\nimport \"time\"\nvar d = time.Second", ""},
		{"foreign_import", "package p\nimport \"net/http\"\nvar _ = http.MethodGet", `imports "net/http"`},
		{"clock", "package p\nimport \"time\"\nvar d = time.Now()", "asks for the time"},
		{"goroutine", "package p\nfunc f() { go f() }", "starts a goroutine"},
		{"init", "package p\nfunc init() {}", "has an init function"},
		{"print", "package p\nimport \"fmt\"\nfunc f() { fmt.Println() }", "does I/O"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, err := parser.ParseFile(token.NewFileSet(), "p.go", c.source, 0)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if sins := Sins(f); len(sins) > 0 {
				got = sins[0].What
			}
			if got != c.want {
				t.Errorf("Sins(%q) = %q; want %q", c.source, got, c.want)
			}
		})
	}
}
