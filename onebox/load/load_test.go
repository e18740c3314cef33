package load

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// some returns the first n arrivals.
func some(c Config, n int) []arrival {
	c = c.complete()
	var all []arrival
	for at := range c.times() {
		if len(all) == n {
			break
		}
		all = append(all, c.arrival(int64(len(all)), at))
	}
	return all
}

func TestSameSeedSameArrivals(t *testing.T) {
	t.Parallel()
	c := Config{Rate: 1000, SKUs: 10, Mix: Realistic, WatchShare: 0.5, Seed: 7}
	first, again := some(c, 2000), some(c, 2000)
	c.Seed = 8
	other := some(c, 2000)
	same := 0
	for i, a := range first {
		if a != again[i] {
			t.Fatalf("arrival %d is %+v and then %+v", i, a, again[i])
		}
		if a.at == other[i].at && i > 0 {
			same++
		}
	}
	if same > 0 {
		t.Errorf("%d arrivals come at the same time under another seed", same)
	}
}

// TestArrivalsAreSpreadAsAsked sees that rate, mix, items and watches are what
// was asked for, but for chance.
func TestArrivalsAreSpreadAsAsked(t *testing.T) {
	t.Parallel()
	const n = 100_000
	c := Config{Rate: 500, SKUs: 4, Mix: Mix{Happy: 3, Declined: 1}, WatchShare: 0.1}
	all := some(c, n)
	watched, declined, items := 0.0, 0.0, [4]float64{}
	for _, a := range all {
		items[a.list]++
		if a.watched {
			watched++
		}
		if a.outcome == Declined {
			declined++
		}
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 0.03*want {
			t.Errorf("%s = %g; want about %g", what, got, want)
		}
	}
	near("rate", n/all[n-1].at.Seconds(), c.Rate)
	near("share watched", watched/n, 0.1)
	near("share declined", declined/n, 0.25)
	for _, one := range items {
		near("share of an item", one/n, 0.25)
	}
}

// TestGapsArePoisson sees that gaps are as irregular as they have to be: their
// deviation is their mean. With Uniform there is none.
func TestGapsArePoisson(t *testing.T) {
	t.Parallel()
	for _, uniform := range []bool{false, true} {
		all := some(Config{Rate: 100, Uniform: uniform}, 20_000)
		mean, square := 0.0, 0.0
		for i := 1; i < len(all); i++ {
			gap := (all[i].at - all[i-1].at).Seconds()
			mean += gap / float64(len(all)-1)
			square += gap * gap / float64(len(all)-1)
		}
		deviation, want := math.Sqrt(max(0, square-mean*mean)), 0.01
		if uniform {
			want = 0
		}
		if math.Abs(mean-0.01) > 0.001 || math.Abs(deviation-want) > 0.001 {
			t.Errorf("uniform %t: gaps are %.4f s, give or take %.4f; want 0.01, %g", uniform, mean, deviation, want)
		}
	}
}

func TestRequestIDsAreUUIDs(t *testing.T) {
	t.Parallel()
	r := &run{id: 0x0123456789abcdef, start: time.UnixMilli(0x0198f3ac0000)}
	got, want := r.requestID(kindCancel, 258, 0x102*time.Millisecond), "0198f3ac-0102-7101-abcd-ef0000000102"
	if got != want {
		t.Errorf("requestID = %s; want %s", got, want)
	}
	if id := uuid.MustParse(got); id.Version() != 7 || id.Variant() != uuid.RFC4122 {
		t.Errorf("requestID = %s, of version %d and variant %s; want one of RFC 9562, version 7", got, id.Version(), id.Variant())
	}
	if newRunID() == newRunID() {
		t.Error("two runs have the same id")
	}
}

func TestListsNameEachItemOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []Config{{SKUs: 1, Lines: 1}, {SKUs: 20, Lines: 20}, {SKUs: 30, Lines: 20}, {SKUs: 1000, Lines: 3}} {
		for i, lines := range newShelf(c).lists {
			seen := map[string]bool{}
			for _, l := range lines {
				seen[l.GetSku()] = true
			}
			if len(seen) != c.Lines || lines[0].GetSku() != sku(i) {
				t.Errorf("list %d of %d items, %d lines = %v", i, c.SKUs, c.Lines, lines)
			}
		}
	}
}

func TestParseMix(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Mix{
		"happy":                          {Happy: 1},
		"happy=90, declined=10":          {Happy: 90, Declined: 10},
		"no-stock=0.5,capture-fails":     {NoStock: 0.5, CaptureFails: 1},
		"realistic":                      Realistic,
		Realistic.String():               Realistic,
		strings.Join(Outcomes(), ","):    {1, 1, 1, 1, 1, 1, 1},
		"insufficient-funds=2,refused=3": {Insufficient: 2, Refused: 3},
	} {
		if got, err := ParseMix(text); err != nil || got != want {
			t.Errorf("ParseMix(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for text, word := range map[string]string{
		"": "no outcome", "hapy=90": `"hapy"`, "happy=many": `"many"`, "happy=-1": `"-1"`, "happy=NaN": `"NaN"`, "happy=0": "nothing",
	} {
		if got, err := ParseMix(text); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("ParseMix(%q) = %v, %v; want an error that says %s", text, got, err, word)
		}
	}
}

func TestCheckNamesTheSetting(t *testing.T) {
	t.Parallel()
	good := Config{Rate: 10, Duration: time.Second}
	if err := good.Check(); err != nil {
		t.Fatalf("Check(%+v) = %v", good, err)
	}
	for _, c := range []struct {
		name   string
		change func(*Config)
	}{
		{"rate", func(c *Config) { c.Rate = -1 }},
		{"rate", func(c *Config) { c.Rate = math.NaN() }},
		{"rate", func(c *Config) { c.Rate = 0 }},
		{"window", func(c *Config) { c.Window = -1 }},
		{"window", func(c *Config) { c.Window = 1 }},
		{"duration", func(c *Config) { c.Duration = 0 }},
		{"warmup", func(c *Config) { c.Warmup = -1 }},
		{"skus", func(c *Config) { c.SKUs = MaxSKUs + 1 }},
		{"lines", func(c *Config) { c.SKUs, c.Lines = 200, MaxLines+1 }},
		{"lines", func(c *Config) { c.Lines = 2 }},
		{"watch-share", func(c *Config) { c.WatchShare = 1.1 }},
		{"watch-share", func(c *Config) { c.WatchShare = math.NaN() }},
		{"watches", func(c *Config) { c.Watches = -1 }},
		{"at-once", func(c *Config) { c.AtOnce = -1 }},
		{"deadline", func(c *Config) { c.Deadline = -1 }},
		{"drain", func(c *Config) { c.Drain = -1 }},
		{"poll", func(c *Config) { c.Poll = -1 }},
		{"mix", func(c *Config) { c.Mix[Declined] = -1 }},
	} {
		bad := good
		c.change(&bad)
		var setting *SettingError
		if err := bad.Check(); !errors.As(err, &setting) || setting.Name != c.name {
			t.Errorf("Check(%+v) = %v; want an error about %s", bad, err, c.name)
		}
	}
}
