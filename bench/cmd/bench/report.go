package main

import (
	"fmt"
	"os"
	"path/filepath"

	benchreport "orpheus.example/bench/report"
	"orpheus.example/bench/result"
	"orpheus.example/deploy/devstack"
)

// report writes docs/bench.md and its drawings from files of raw results.
func report(paths []string) error {
	root, err := devstack.Root()
	if err != nil {
		return err
	}
	var sources []benchreport.Source
	for _, path := range paths {
		f, err := result.Load(path)
		if err != nil {
			return err
		}
		sources = append(sources, benchreport.Source{Path: inRepository(root, path), File: f})
	}
	files, err := benchreport.Files(sources)
	if err != nil {
		return fmt.Errorf("report: %w; %w", err, errUsage)
	}
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // documents are for all to read
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // likewise
			return err
		}
	}
	fmt.Println("wrote", filepath.Join(root, benchreport.Page))
	return nil
}

// inRepository returns a path as it is seen from the top of the repository; as it
// is if it lies elsewhere.
func inRepository(root, path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	rel, err := filepath.Rel(root, abs)
	if err != nil || !filepath.IsLocal(rel) {
		return path
	}
	return filepath.ToSlash(rel)
}
