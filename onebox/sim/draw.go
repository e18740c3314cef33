package sim

import (
	"fmt"
	"io"
	"strings"
)

// WriteTranscript writes what happened, line by line, and at the end what was
// wrong. Two runs of one schedule write the same.
func (f *Failure) WriteTranscript(out io.Writer) error {
	if err := transcript(out, f.lines); err != nil {
		return err
	}
	for _, v := range f.Violations {
		if _, err := fmt.Fprintf(out, "WRONG  %s\n", v); err != nil {
			return err
		}
	}
	return nil
}

// WriteDrawing draws what happened as a sequence diagram, in the language of
// Mermaid: who hears what from whom, who is called, and what goes wrong.
func (f *Failure) WriteDrawing(out io.Writer) error {
	var b strings.Builder
	b.WriteString("sequenceDiagram\n")
	for _, name := range names {
		fmt.Fprintf(&b, "  participant %s\n", name)
	}
	for _, l := range f.lines {
		if arrow := l.arrow(); arrow != "" {
			fmt.Fprintf(&b, "  %s\n", strings.NewReplacer(";", ",", "#", "").Replace(arrow))
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// arrow returns a line as it is drawn; empty if it is not. That a fact was said is
// not drawn, since whoever hears it shows it, later or twice or never.
func (l line) arrow() string {
	what := short(l.what) + " " + l.order
	switch l.kind {
	case hears:
		return fmt.Sprintf("%s->>%s: %s", l.from, l.to, what)
	case calls, asks:
		return fmt.Sprintf("%s->>%s: %s", strings.ReplaceAll(l.from, " ", "_"), l.to, what)
	case dies:
		return fmt.Sprintf("Note over %s: crashes", l.from)
	case tells:
		return fmt.Sprintf("Note over %s,%s: %s", names[0], names[len(names)-1], strings.ReplaceAll(l.what, "\n", " "))
	case steps, keeps, says:
	}
	return ""
}
