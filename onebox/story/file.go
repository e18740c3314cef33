package story

import (
	"fmt"
	"strings"
)

// line separates commands from their transcript.
const line = "----"

// A block is some commands and what they led to.
type block struct {
	comments []string
	commands []string
	told     []string
}

// parse reads a story.
func parse(text string) ([]block, error) {
	var blocks []block
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		b, err := parseBlock(strings.Split(strings.Trim(paragraph, "\n"), "\n"))
		if err != nil {
			return nil, fmt.Errorf("block %d: %w", i+1, err)
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

func parseBlock(lines []string) (b block, err error) {
	for i, l := range lines {
		switch {
		case l == line:
			b.told = lines[i+1:]
			return b, nil
		case strings.HasPrefix(l, "#"):
			if len(b.commands) > 0 {
				return b, fmt.Errorf("%q: comments come before commands", l)
			}
			b.comments = append(b.comments, l)
		default:
			b.commands = append(b.commands, l)
		}
	}
	return b, nil
}

// format writes a story.
func format(blocks []block) string {
	var paragraphs []string
	for _, b := range blocks {
		lines := append(append([]string{}, b.comments...), b.commands...)
		if len(b.commands) > 0 {
			lines = append(lines, line)
			lines = append(lines, b.told...)
		}
		paragraphs = append(paragraphs, strings.Join(lines, "\n"))
	}
	return strings.Join(paragraphs, "\n\n") + "\n"
}
