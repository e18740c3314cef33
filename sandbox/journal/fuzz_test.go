package journal_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/sandbox/journal"
)

// FuzzRead checks the laws of the reader on any bytes: what it calls whole
// reads back as the same records and nothing else, and one more line behind it
// is one more record.
func FuzzRead(f *testing.F) {
	const good = `{"part":"bank","body":{"n":1}}` + "\n"
	for _, seed := range []string{"", good, good + good, good + good[:7], good + "x\n" + good, "\n", "null\n", "{}\n" + good} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		records, whole, err := read(text)
		if whole < 0 || whole > int64(len(text)) {
			t.Fatalf("Read = %d whole bytes; want 0 to %d", whole, len(text))
		}
		again, rest, errAgain := read(text[:whole])
		if errAgain != nil || rest != whole {
			t.Errorf("Read of the whole part = %d, %v; want %d, nil", rest, errAgain, whole)
		}
		if diff := cmp.Diff(records, again); diff != "" {
			t.Errorf("records of the whole part differ, -all +whole:\n%s", diff)
		}
		if err != nil {
			return // corrupt: nobody writes behind it
		}
		more, _, err := read(append(bytes.Clone(text[:whole]), good...))
		if err != nil || len(more) != len(records)+1 {
			t.Errorf("Read with one more line = %d records, %v; want %d, nil", len(more), err, len(records)+1)
		}
	})
}

func read(text []byte) (all []journal.Record, whole int64, err error) {
	whole, err = journal.Read(bytes.NewReader(text), func(r journal.Record) error {
		all = append(all, r)
		return nil
	})
	return all, whole, err
}
