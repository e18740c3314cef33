package membus_test

import (
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/membus"
)

// A journal may end anywhere, when the machine has died while writing: what is
// whole before that is there, and the bus goes on.
func TestTornEnd(t *testing.T) {
	t.Parallel()
	whole := path(t)
	b := mustOpen(t, membus.Config{Path: whole})
	mustSubscribe(t, b, "payment")
	said := messages(3)
	var ends []int
	for i := range said {
		said[i].Body = []byte("short")
		mustPublish(t, b, said[i])
		ends = append(ends, len(mustRead(t, whole)))
	}
	mustStop(t, b)
	content := mustRead(t, whole)
	for end := ends[0]; end < len(content); end++ {
		want := 0
		for want < len(ends) && ends[want] <= end {
			want++
		}
		checkCut(t, content[:end], want)
		checkCut(t, append(slices.Clone(content[:end]), make([]byte, 50)...), want) // zeros, as file systems leave them
	}
}

// checkCut fails unless a journal of this content has n messages, and takes one
// more that is there after the next restart.
func checkCut(t *testing.T, content []byte, n int) {
	t.Helper()
	cut := path(t)
	mustWrite(t, cut, content)
	b := mustOpen(t, membus.Config{Path: cut, NoSync: true, Log: slog.New(slog.DiscardHandler)})
	for range 2 {
		if got := b.Queues()[0].Ready; got != n {
			t.Errorf("ready of a journal cut at byte %d = %d; want %d", len(content), got, n)
		}
		mustPublish(t, b, messages(1)...)
		mustRestart(t, b)
		n++
	}
	mustStop(t, b)
}

// Another file, and a journal that another broker has, are left alone.
func TestWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	letter := path(t)
	mustWrite(t, letter, []byte("Dear Ann, this is no journal"))
	if _, err := membus.Open(membus.Config{Path: letter}); err == nil || !strings.Contains(err.Error(), "does not begin") {
		t.Errorf("Open of a letter = %v; want that it does not begin like a journal", err)
	}
	if got := string(mustRead(t, letter)); !strings.HasPrefix(got, "Dear Ann") {
		t.Errorf("letter after Open = %q; want it as it was", got)
	}
	taken := path(t)
	mustOpen(t, membus.Config{Path: taken})
	if _, err := membus.Open(membus.Config{Path: taken}); err == nil {
		t.Error("Open of a journal that is open = nil; want an error")
	}
}

// The file does not grow with what was ever said, but with what is unsettled;
// and nothing is lost or comes back when it is written anew.
func TestJournalStaysSmall(t *testing.T) {
	t.Parallel()
	const slack = 32 << 10
	c := membus.Config{Path: path(t), NoSync: true, Slack: slack}
	b := mustOpen(t, c)
	payment, notify := mustSubscribe(t, b, "payment"), mustSubscribe(t, b, "notify")
	first := messages(3)
	mustPublish(t, b, first...)
	held := payment.Receive(3)
	if err := payment.Reject(held[1]); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		mustPublish(t, b, messages(20)...)
		ackAll(t, payment)
		ackAll(t, notify)
	}
	if size := len(mustRead(t, c.Path)); size > 2*slack {
		t.Errorf("journal is of %d bytes with 2 messages unsettled; want at most %d", size, 2*slack)
	}
	mustRestart(t, b)
	again := payment.Receive(10)
	if diff := cmp.Diff(idsOf([]bus.Message{first[0], first[2]}), heard(again)); diff != "" {
		t.Errorf("received again (-want +got):\n%s", diff)
	}
	if got, want := idsOf(b.Dead("payment")), idsOf(first[1:2]); !slices.Equal(got, want) {
		t.Errorf("Dead(payment) = %v; want %v", got, want)
	}
}

func ackAll(t *testing.T, q bus.Queue) {
	t.Helper()
	if err := q.Ack(q.Receive(1000)...); err != nil {
		t.Fatal(err)
	}
}

// The number of partitions may change: what is queued moves with it.
func TestPartitionsMayChange(t *testing.T) {
	t.Parallel()
	c := membus.Config{Path: path(t), Partitions: 1}
	b := mustOpen(t, c)
	mustSubscribe(t, b, "payment")
	mustPublish(t, b, messages(30)...)
	mustStop(t, b)
	c.Partitions = 3
	b = mustOpen(t, c)
	sum := 0
	for _, v := range b.Queues() {
		if v.Ready == 0 {
			t.Errorf("%s is empty; want some of 30", v.Queue)
		}
		sum += v.Ready
	}
	if sum != 30 || len(b.Queues()) != 3 {
		t.Errorf("Queues() = %+v; want 3 with 30 together", b.Queues())
	}
}

// A broker that is stopped says so, and whoever comes meanwhile is served
// later.
func TestStopped(t *testing.T) {
	t.Parallel()
	b := mustOpen(t, membus.Config{Path: path(t)})
	early := mustSubscribe(t, b, "payment")
	mustPublish(t, b, messages(1)...)
	mustStop(t, b)
	if _, err := b.Connect("order").Publish(t.Context(), messages(1)); !errors.Is(err, bus.ErrDown) {
		t.Errorf("Publish to a stopped broker = %v; want %v", err, bus.ErrDown)
	}
	if got := early.Receive(1); len(got) > 0 {
		t.Errorf("Receive of a stopped broker = %d deliveries; want 0", len(got))
	}
	late := mustSubscribe(t, b, "notify")
	if err := b.Start(); err != nil {
		t.Fatalf("Start() = %v; want nil", err)
	}
	mustPublish(t, b, messages(1)...)
	got := early.Receive(2)
	if len(got) != 2 || !got[0].Redelivered || got[1].Redelivered || len(late.Receive(2)) != 1 {
		t.Errorf("received %+v; want the first once more and the second, and that by both", got)
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func mustWrite(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
