package decider_test

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
)

// The thing decided about in these tests is a shelf: an order takes one piece of
// each of its items, or none. That rests on the order's own stream and on those
// of the items, and happens to all of them.
type (
	shelf struct {
		taken bool // by the order
		left  map[string]int
	}
	take struct {
		items []string // one piece of each
		fill  int      // or puts so many pieces on the one item
	}
	moved struct {
		item string // empty if it happens to the order
		by   int
	}
)

var errSoldOut = errors.New("sold out")

func itemStream(i string) string { return "item-" + i }

func decideShelf(s shelf, c take) ([]moved, error) {
	if c.fill > 0 {
		return []moved{{c.items[0], c.fill}}, nil
	}
	if s.taken {
		return nil, nil
	}
	events := []moved{{}}
	for _, i := range c.items {
		if s.left[i] < 1 {
			return nil, errSoldOut
		}
		events = append(events, moved{i, -1})
	}
	return events, nil
}

func evolveShelf(s shelf, e moved) shelf {
	if e.item == "" {
		s.taken = true
		return s
	}
	left := s.left[e.item] + e.by
	if left < 0 {
		panic("a shelf with less than nothing on it")
	}
	s.left = maps.Clone(s.left)
	if s.left == nil {
		s.left = map[string]int{}
	}
	s.left[e.item] = left
	return s
}

func joinShelf(a, b shelf) shelf {
	a.taken = a.taken || b.taken
	both := maps.Clone(a.left)
	if both == nil {
		both = map[string]int{}
	}
	maps.Copy(both, b.left)
	a.left = both
	return a
}

func needsShelf(s shelf, c take) []string {
	if c.fill > 0 || s.taken {
		return nil
	}
	var streams []string
	for _, i := range c.items {
		streams = append(streams, itemStream(i))
	}
	return streams
}

func ofShelf(to string, e moved) string {
	if e.item == "" {
		return to
	}
	return itemStream(e.item)
}

type shelfCodec struct{}

func (shelfCodec) Encode(e moved) (string, int, []byte, error) {
	return "Moved", 1, []byte(e.item + " " + strconv.Itoa(e.by)), nil
}

func (shelfCodec) Decode(r eventlog.Record) (moved, error) {
	item, text, _ := strings.Cut(string(r.Body), " ")
	by, err := strconv.Atoi(text)
	return moved{item, by}, err
}

type shelves = decider.Host[shelf, take, moved, struct{}]

func newShelves(log eventlog.Log) *shelves {
	return decider.NewHost(decider.Decider[shelf, take, moved, struct{}]{
		Decide: decideShelf, Evolve: evolveShelf, Needs: needsShelf, Join: joinShelf, Of: ofShelf,
	}, decider.Config[moved]{Log: log, Codec: shelfCodec{}, Now: time.Now})
}

// items returns the names of n items.
func items(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}

func mustFill(t testing.TB, h *shelves, items []string, pieces int) {
	t.Helper()
	for _, i := range items {
		if _, err := h.Ask(t.Context(), because(), itemStream(i), take{items: []string{i}, fill: pieces}); err != nil {
			t.Fatal(err)
		}
	}
}

// checkShelves sees to it that as many pieces are gone as orders got.
func checkShelves(t *testing.T, h *shelves, items []string, filled, want int) {
	t.Helper()
	gone := 0
	for _, i := range items {
		s, _, err := h.Load(t.Context(), itemStream(i))
		if err != nil {
			t.Fatal(err)
		}
		gone += filled - s.left[i]
	}
	if gone != want {
		t.Errorf("%d pieces are gone; want %d", gone, want)
	}
}

func orderStream(writer string, n int) string { return fmt.Sprintf("order-%s%d", writer, n) }
