package rabbitbus

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A published is a fact as the bundler sees it.
type published struct {
	kind   kind
	stream string
	bytes  int
}

func bundled(limit int, facts ...published) []*bundle {
	b := newBundler(limit, len(facts))
	for i, f := range facts {
		b.add(i, f.kind, f.stream, f.bytes)
	}
	return b.bundles()
}

// Facts of one type go together, unless that would have a stream's later fact
// overtake an earlier one: A.Delivered, B.Shipped, B.Delivered is the shortest
// case of that.
func TestBundles(t *testing.T) {
	t.Parallel()
	shipped, delivered := kind{name: "Shipped"}, kind{name: "Delivered"}
	other, silent := kind{name: "Shipped", partition: 1}, kind{name: "Shipped", terminal: true}
	for _, c := range []struct {
		name  string
		facts []published
		want  [][]int
	}{
		{"nothing", nil, nil},
		{"one_type", []published{{shipped, "a", 1}, {shipped, "b", 1}, {shipped, "c", 1}}, [][]int{{0, 1, 2}}},
		{"one_stream", []published{{shipped, "a", 1}, {shipped, "a", 1}}, [][]int{{0, 1}}},
		{"two_types", []published{{shipped, "a", 1}, {delivered, "b", 1}, {shipped, "c", 1}, {delivered, "d", 1}}, [][]int{{0, 2}, {1, 3}}},
		{"overtaking", []published{{delivered, "a", 1}, {shipped, "b", 1}, {delivered, "b", 1}}, [][]int{{1}, {0, 2}}},
		{"back_and_forth", []published{{shipped, "a", 1}, {delivered, "a", 1}, {shipped, "a", 1}}, [][]int{{0}, {1}, {2}}},
		{"two_partitions", []published{{shipped, "a", 1}, {other, "b", 1}}, [][]int{{0}, {1}}},
		{"two_fates", []published{{shipped, "a", 1}, {silent, "b", 1}}, [][]int{{0}, {1}}},
		{"too_many", slices.Repeat([]published{{shipped, "a", 1}}, 5), [][]int{{0, 1, 2, 3}, {4}}},
		{"too_big", slices.Repeat([]published{{shipped, "a", maxBundleBytes / 2}}, 3), [][]int{{0, 1}, {2}}},
		{"one_too_big", []published{{shipped, "a", 2 * maxBundleBytes}, {shipped, "b", 1}}, [][]int{{0}, {1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got [][]int
			for _, b := range bundled(4, c.facts...) {
				got = append(got, b.facts)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("bundles (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever is published: each fact travels once, with its kind and within the
// limits, and the facts of a stream are sent in their order.
func TestBundlesKeepStreamsInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 6).Draw(t, "limit")
		facts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) published {
			return published{
				kind{
					name:      rapid.SampledFrom([]string{"Placed", "Shipped", "Delivered"}).Draw(t, "type"),
					partition: rapid.IntRange(0, 1).Draw(t, "partition"), terminal: rapid.Bool().Draw(t, "terminal"),
				},
				rapid.SampledFrom([]string{"a", "b", "c", "d", ""}).Draw(t, "stream"),
				rapid.SampledFrom([]int{1, 500, maxBundleBytes / 3, maxBundleBytes + 1}).Draw(t, "bytes"),
			}
		}), 0, 60).Draw(t, "facts")
		checkBundles(t, limit, facts, bundled(limit, facts...))
	})
}

func checkBundles(t *rapid.T, limit int, facts []published, got []*bundle) {
	seen := map[int]bool{}
	last := map[string]int{} // place of the last fact of each stream that was sent
	for _, b := range got {
		bytes := 0
		for _, place := range b.facts {
			f := facts[place]
			if seen[place] || f.kind != b.kind {
				t.Fatalf("fact %d of %v travels twice, or in a bundle of %v", place, f.kind, b.kind)
			}
			if before, ok := last[f.stream]; ok && before > place {
				t.Fatalf("fact %d of stream %q is sent after fact %d", place, f.stream, before)
			}
			seen[place], last[f.stream] = true, place
			bytes += f.bytes
		}
		if len(b.facts) > limit || len(b.facts) > 1 && bytes > maxBundleBytes {
			t.Fatalf("bundle of %d facts and %d bytes; want at most %d and %d", len(b.facts), bytes, limit, maxBundleBytes)
		}
	}
	if len(seen) != len(facts) {
		t.Fatalf("%d facts travel; want %d", len(seen), len(facts))
	}
}
