package load

import (
	"fmt"
	"io"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Write writes r for people.
func (r Report) Write(w io.Writer) error {
	var b strings.Builder
	r.writeCounts(&b)
	b.WriteString("\n")
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "latency\torders\tp50\tp90\tp99\tp99.9\tmax") // Flush tells of any error
	for _, one := range r.latencies() {
		l := one.latency
		_, _ = fmt.Fprintf(t, "%s\t%6d\t%s\t%s\t%s\t%s\t%s\n", one.name, l.Count,
			Took(l.P50), Took(l.P90), Took(l.P99), Took(l.P999), Took(l.Max))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, one := range r.latencies() {
		writeHistogram(&b, one.name, one.latency)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

type named struct {
	name    string
	latency Latency
}

// latencies are those of which there are any.
func (r Report) latencies() []named {
	all := []named{{"PlaceOrder", r.Place}, {"placed to confirmed", r.Confirmed}, {"placed to delivered", r.Delivered}}
	return slices.DeleteFunc(all, func(n named) bool { return n.latency.Count == 0 })
}

func (r Report) writeCounts(b *strings.Builder) {
	fmt.Fprintf(b, "sent %d, accepted %d", r.Sent, r.Accepted)
	for _, code := range slices.Sorted(maps.Keys(r.Shed)) {
		fmt.Fprintf(b, ", %s %d", code, r.Shed[code])
	}
	if r.Retried > 0 {
		fmt.Fprintf(b, "; calls made again %d", r.Retried)
	}
	fmt.Fprintf(b, "\nplaced %.1f/s, delivered %.1f/s, ended %.1f/s; under way %.0f on average\n",
		r.PlacedRate, r.DeliveredRate, r.EndedRate, r.UnderWay)
	fmt.Fprintf(b, "asked for: %s\nbecame:    %s\n", listed(r.Asked), listed(r.States))
	if r.TooLate+r.Failed > 0 {
		fmt.Fprintf(b, "cancellations: %d too late, %d without an answer\n", r.TooLate, r.Failed)
	}
	switch {
	case r.Drained:
		fmt.Fprintf(b, "all ended within %s of the last being sent\n", Took(r.Drain))
	default:
		fmt.Fprintf(b, "%d have not ended\n", r.Open)
	}
	if r.Lost > 0 {
		fmt.Fprintf(b, "LOST %d: accepted, and not in the shop\n", r.Lost)
	}
	if r.Unwatched+r.LostSight > 0 {
		fmt.Fprintf(b, "watched %d; %d found no watcher free, %d were lost sight of: the last two latencies are without them\n",
			r.Watched, r.Unwatched, r.LostSight)
	}
}

// listed returns counts as text, the most first.
func listed(counts map[string]int64) string {
	names := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(names, func(a, b string) int { return int(counts[b] - counts[a]) })
	var parts []string
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%d %s", counts[name], name))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// barWidth is the length of the longest bar.
const barWidth = 50

// writeHistogram draws how latencies are spread, a row for each doubling.
func writeHistogram(b *strings.Builder, name string, l Latency) {
	if l.histogram == nil {
		return
	}
	rows := map[int]int64{}
	most, first, last := int64(0), 64, 0
	for _, bar := range l.histogram.Distribution() {
		if bar.Count == 0 {
			continue
		}
		row := bits.Len64(uint64(bar.From)) //nolint:gosec // latencies are not negative
		rows[row] += bar.Count
		most, first, last = max(most, rows[row]), min(first, row), max(last, row)
	}
	fmt.Fprintf(b, "\n%s\n", name)
	for row := first; row <= last; row++ {
		bar := strings.Repeat("#", int((rows[row]*barWidth+most-1)/most))
		line := fmt.Sprintf("  up to %8s %8d  %s", Took(time.Duration(1<<row)*time.Microsecond), rows[row], bar)
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// Took returns a latency in three digits or so, and a dash for none.
func Took(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.2f ms", d.Seconds()*1e3)
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1e3)
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", d.Seconds()*1e3)
	case d < time.Minute:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
