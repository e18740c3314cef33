package eventlog_test

import (
	"bytes"
	"testing"
	"testing/quick"

	"github.com/google/uuid"

	"orpheus.example/kit/eventlog"
)

// What was kept by a release from before ids had times must be met again.
func TestOfACauseWithoutATimeIDsAreVersion5(t *testing.T) {
	t.Parallel()
	for _, cause := range []uuid.UUID{uuid.Nil, uuid.NameSpaceURL, uuid.New(), uuid.NewSHA1(uuid.Nil, nil)} {
		for _, name := range []string{"", "order-7/0", string(make([]byte, 300))} {
			if got, want := eventlog.DerivedID(cause, []byte(name)), uuid.NewSHA1(cause, []byte(name)); got != want {
				t.Errorf("DerivedID(%s, %q) = %s; want %s", cause, name, got, want)
			}
		}
	}
}

func TestWhatFollowsKeepsTheTimeOfItsCause(t *testing.T) {
	t.Parallel()
	law := func(names [][]byte) bool {
		first := uuid.Must(uuid.NewV7())
		seen := map[uuid.UUID]bool{first: true}
		for id, i := first, 0; i < len(names); i++ {
			before := id
			id = eventlog.DerivedID(before, names[i])
			if !bytes.Equal(id[:6], first[:6]) || id.Version() != 8 || id.Variant() != uuid.RFC4122 {
				t.Errorf("DerivedID(%s, %q) = %s; want version 8, beginning as %s does", before, names[i], id, first)
			}
			if seen[id] || id != eventlog.DerivedID(before, names[i]) {
				t.Errorf("DerivedID(%s, %q) = %s, which is not new, or not the same again", before, names[i], id)
			}
			seen[id] = true
		}
		return !t.Failed()
	}
	if err := quick.Check(law, nil); err != nil {
		t.Error(err)
	}
}

func TestSubjectID(t *testing.T) {
	t.Parallel()
	id := uuid.MustParse("0198f3ac-0102-7304-8506-0708090a0b0c")
	for stream, want := range map[string]uuid.UUID{
		"order-" + id.String(): id, id.String(): uuid.Nil, "item-TEAPOT": uuid.Nil, "order-": uuid.Nil, "": uuid.Nil,
	} {
		if got := eventlog.SubjectID(stream); got != want {
			t.Errorf("SubjectID(%q) = %s; want %s", stream, got, want)
		}
	}
}
