package process

import (
	"os"
	"strings"
)

// tailLines is how much of a log is worth showing in an error.
const tailLines = 20

// Tail returns the last lines of a log file, or why it cannot be read. It is
// for people: reports of what went wrong.
func Tail(log string) string {
	text, err := os.ReadFile(log) //nolint:gosec // a log that we wrote
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}
