// Command dance prints the choreography's drawing, or with -write renews what is
// generated from it in the repository: the drawing in docs/choreography.md, and
// docs/asyncapi.yaml.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"orpheus.example/onebox/dance"
)

func main() {
	write := flag.Bool("write", false, "write the generated files")
	root := flag.String("root", ".", "the repository")
	flag.Parse()
	if err := run(*root, *write); err != nil {
		fmt.Fprintln(os.Stderr, "dance:", err)
		os.Exit(1)
	}
}

func run(root string, write bool) error {
	if !write {
		fmt.Print(dance.Graph().Mermaid())
		return nil
	}
	files, err := dance.Files(root)
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil { //nolint:gosec // a document, for everybody to read
			return err
		}
	}
	return nil
}
