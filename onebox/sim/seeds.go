package sim

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrSeed says that a file does not hold a schedule.
var ErrSeed = errors.New("file holds no schedule")

// ReadSeeds returns the schedules in a folder, in the order of their names. An
// empty name, or a folder that is not there, holds none.
func ReadSeeds(folder string) ([]Schedule, error) {
	if folder == "" {
		return nil, nil
	}
	files, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Schedule
	for _, f := range files {
		if filepath.Ext(f.Name()) != ".seed" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, f.Name())) //nolint:gosec // a folder that the caller names
		if err != nil {
			return nil, err
		}
		s, err := parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		all = append(all, s)
	}
	return all, nil
}

// parse reads what Keep wrote: a comment that says what was wrong, how many orders
// there are, and the tape. The tape is kept, and not the seed it came from,
// because it was shrunk. It is as good as the code that draws from it is the
// same: after a change of what is drawn it is another schedule, and harmless.
func parse(text string) (s Schedule, err error) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch word, rest, _ := strings.Cut(line, " "); word {
		case "#":
			s.Why = rest
		case "orders":
			if _, err := fmt.Sscan(rest, &s.Orders); err != nil {
				return s, fmt.Errorf("%w: %w", ErrSeed, err)
			}
		case "tape":
			if s.Tape, err = hex.DecodeString(rest); err != nil {
				return s, fmt.Errorf("%w: %w", ErrSeed, err)
			}
		}
	}
	if s.Orders < 1 || s.Orders > MostOrders {
		return s, fmt.Errorf("%w: orders 1 to %d", ErrSeed, MostOrders)
	}
	return s, nil
}

// Keep writes a schedule into a folder, to be run first from then on, and returns
// the file's name.
func (s Schedule) Keep(folder, name string) (string, error) {
	path := filepath.Join(folder, name+".seed")
	why, _, _ := strings.Cut(s.Why, "\n")
	text := fmt.Sprintf("# %s\norders %d\ntape %s\n", why, s.Orders, hex.EncodeToString(s.Tape))
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, []byte(text), 0o600)
}
