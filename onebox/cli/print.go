package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// show writes an answer: as JSON, or as write makes a table of it.
func (s *session) show(answer proto.Message, write func(io.Writer)) error {
	if s.output == "json" {
		return s.showJSON(answer)
	}
	return s.table(write)
}

// table writes lines whose cells are separated by tabs. No cell is empty, or
// lines would end in spaces.
func (s *session) table(write func(io.Writer)) error {
	t := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	write(t)
	return t.Flush()
}

// showJSON writes an answer as one document.
func (s *session) showJSON(answer proto.Message) error {
	text, err := compact(answer)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.Out, b.String())
	return err
}

// showLine writes an answer as one line of JSON.
func (s *session) showLine(answer proto.Message) error {
	text, err := compact(answer)
	if err == nil {
		_, err = fmt.Fprintln(s.Out, string(text))
	}
	return err
}

// compact returns the JSON form without any space. Protojson puts in some at
// random, so that nobody relies on its bytes; those who call a program from a
// script do.
func compact(m proto.Message) ([]byte, error) {
	text, err := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(m)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = json.Compact(&b, text)
	return b.Bytes(), err
}

// row writes one line of a table.
func row(w io.Writer, cells ...any) {
	for i, c := range cells {
		if i > 0 {
			_, _ = io.WriteString(w, "\t") // Flush tells of any error
		}
		_, _ = fmt.Fprint(w, c)
	}
	_, _ = io.WriteString(w, "\n")
}

// clock returns a time as people read it, to the second.
func (s *session) clock(t *timestamppb.Timestamp) string {
	if t == nil {
		return "-"
	}
	return t.AsTime().In(s.Zone).Format("2006-01-02 15:04:05")
}

// took returns how long something took, in three digits or so.
func took(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// plain returns the name of an enum's value in words: ORDER_STATE_PLACED of the
// enum OrderState is "placed".
func plain(value fmt.Stringer, prefix string) string {
	name := strings.TrimPrefix(value.String(), prefix)
	if name == "UNSPECIFIED" {
		return "-"
	}
	return strings.ToLower(strings.ReplaceAll(name, "_", " "))
}

// orDash returns a dash for what is not there.
func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// safe returns a text that others wrote without what could move the cursor or
// colour the terminal, and without tabs, which would shift the table.
func safe(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r <= 0xa0 {
			return ' '
		}
		return r
	}, text)
}

// safeText is safe for a text of several lines.
func safeText(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = safe(l)
	}
	return strings.Join(lines, "\n")
}
