package membus

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
)

// A journal that cannot be written takes nothing, so nothing is delivered that
// is not kept; settlements go through, and come to nothing at a restart.
func TestBrokenJournal(t *testing.T) {
	t.Parallel()
	b, err := Open(Config{Path: filepath.Join(t.TempDir(), "bus")})
	if err != nil {
		t.Fatal(err)
	}
	on := b.Connect("order")
	q, err := on.Subscribe(t.Context(), bus.Subscription{Queue: "payment", Types: []string{"order.v1.OrderPlaced"}})
	if err != nil {
		t.Fatal(err)
	}
	m := bus.Message{ID: uuid.New(), Type: "order.v1.OrderPlaced"}
	if _, err := on.Publish(t.Context(), []bus.Message{m}); err != nil {
		t.Fatal(err)
	}
	b.journal.file.Close() // as if its disk were gone
	for range 2 {
		if n, err := on.Publish(t.Context(), []bus.Message{m}); n != 0 || !errors.Is(err, bus.ErrRefused) {
			t.Errorf("Publish without a journal = %d, %v; want 0, %v", n, err, bus.ErrRefused)
		}
	}
	if got := q.Receive(10); len(got) != 1 || q.Ack(got...) != nil {
		t.Errorf("received %d; want the first and nothing else", len(got))
	}
	if err := b.Stop(); err == nil {
		t.Error("Stop() with a broken journal = nil; want an error")
	}
	if err := b.Start(); err != nil {
		t.Fatalf("Start() = %v; want nil", err)
	}
	if got := q.Receive(10); len(got) != 1 {
		t.Errorf("received %d after a restart; want the first once more", len(got))
	}
	if err := b.Stop(); err != nil {
		t.Errorf("Stop() = %v; want nil", err)
	}
}
