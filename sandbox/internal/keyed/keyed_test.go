package keyed_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"testing"

	"orpheus.example/sandbox/internal/keyed"
	"orpheus.example/sandbox/internal/wire"
	"orpheus.example/sandbox/journal"
)

// open returns a book whose effects are added up, and the sum.
func open(t *testing.T, path string) (*keyed.Book[int], *int) {
	t.Helper()
	j, err := journal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	sum := new(int)
	b, err := keyed.Open(j, "sum", func(n int) { *sum += n })
	if err != nil {
		t.Fatal(err)
	}
	return b, sum
}

func add(n int) func() (keyed.Outcome[int], error) {
	return func() (keyed.Outcome[int], error) {
		return keyed.Outcome[int]{Status: http.StatusOK, Answer: n, Effect: &n}, nil
	}
}

func TestOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	b, sum := open(t, path)
	errNo := errors.New("no")
	steps := []struct {
		name, key, request string
		decide             func() (keyed.Outcome[int], error)
		first              bool
		sum                int
		err                error
	}{
		{"first_call_counts", "k", "add 1", add(1), true, 1, nil},
		{"repeat_does_not", "k", "add 1", add(1), false, 1, nil},
		{"error_is_not_kept", "e", "add 2", func() (keyed.Outcome[int], error) { return keyed.Outcome[int]{}, errNo }, false, 1, errNo},
		{"key_of_an_error_is_free", "e", "add 2", add(2), true, 3, nil},
		{"no_key_counts_each_time", "", "add 4", add(4), true, 7, nil},
		{"no_key_again", "", "add 4", add(4), true, 11, nil},
		{"no_effect_changes_nothing", "", "look", func() (keyed.Outcome[int], error) { return keyed.Outcome[int]{Status: http.StatusOK}, nil }, false, 11, nil},
	}
	for _, s := range steps { // one after the other: each starts from the one before
		_, first, err := b.Once(s.key, s.request, s.decide)
		if first != s.first || !errors.Is(err, s.err) || *sum != s.sum {
			t.Errorf("%s: first, sum, err = %v, %d, %v; want %v, %d, %v", s.name, first, *sum, err, s.first, s.sum, s.err)
		}
	}
	if _, replayed := open(t, path); *replayed != *sum {
		t.Errorf("sum after replay = %d; want %d", *replayed, *sum)
	}
}

func TestKeyReused(t *testing.T) {
	t.Parallel()
	b, sum := open(t, "")
	if _, _, err := b.Once("k", "add 1", add(1)); err != nil {
		t.Fatal(err)
	}
	_, _, err := b.Once("k", "add 2", add(2))
	var refusal *wire.Refusal
	if !errors.As(err, &refusal) || refusal.Code != "idempotency_key_reused" || *sum != 1 {
		t.Errorf("Once with a used key = %v, sum %d; want idempotency_key_reused, 1", err, *sum)
	}
}

// TestForeignRecord: a record that is JSON but not ours stops the start.
func TestForeignRecord(t *testing.T) {
	t.Parallel()
	j, err := journal.Open(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	if err := j.Write("sum", json.RawMessage(`{"effect":"seven"}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := keyed.Open(j, "sum", func(int) {}); !errors.Is(err, journal.ErrCorrupt) {
		t.Errorf("Open on a foreign record = %v; want %v", err, journal.ErrCorrupt)
	}
}
