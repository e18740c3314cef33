package teeth

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Edited returns the source files that b changes, as they are with it, by their
// paths in the repository at root.
func (b Bug) Edited(root string) (map[string]string, error) {
	files := map[string]string{}
	for _, e := range b.Edits {
		source, ok := files[e.Path]
		if !ok {
			text, err := os.ReadFile(filepath.Join(root, e.Path)) //nolint:gosec // a source file of the repository
			if err != nil {
				return nil, err
			}
			source = string(text)
		}
		edited, err := e.apply(source)
		if err != nil {
			return nil, err
		}
		files[e.Path] = edited
	}
	return files, nil
}

// Plant writes the edited files into a folder, and returns the name of the file
// beside them that go build -overlay takes.
func (b Bug) Plant(root, folder string) (overlay string, err error) {
	files, err := b.Edited(root)
	if err != nil {
		return "", err
	}
	if root, err = filepath.Abs(root); err != nil {
		return "", err
	}
	replace := map[string]string{}
	for name, text := range files {
		to := filepath.Join(folder, strings.ReplaceAll(name, "/", "_"))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(root, name)] = to
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", fmt.Errorf("overlay: %w", err)
	}
	overlay = filepath.Join(folder, "overlay.json")
	return overlay, os.WriteFile(overlay, list, 0o600)
}
