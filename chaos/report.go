package chaos

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// A Report is what a run has found.
type Report struct {
	Seed    uint64
	For     time.Duration
	Rate    float64
	Began   time.Time
	Faulted time.Duration // from the beginning until the last fault was over
	Took    time.Duration // until all was compared

	Turns []Turn
	Kills

	Attempts     int64 // calls while faults went on
	Acknowledged int   // orders
	Delivered    int
	Cancelled    int
	Lost         int // acknowledged, and not there
	Doubled      int // effects that came twice, or were never asked for
	Missing      int // effects that never came
	Stuck        int // orders that have not ended, and messages that nobody handles
	Inexact      int // other laws that are broken

	Vitals     []string // what services used before the first fault, and in the end
	Errors     []string // how many errors services have logged
	Violations []string // everything that is wrong, one by one
	Evidence   []string // what is known of some of the orders concerned
}

// wrong adds a violation.
func (r *Report) wrong(format string, args ...any) {
	r.Violations = append(r.Violations, fmt.Sprintf(format, args...))
}

// Clean reports whether nothing is wrong.
func (r *Report) Clean() bool { return len(r.Violations) == 0 }

// Late returns how many turns it took longer to recover from than is asked for.
func (r *Report) Late() (n int) {
	for _, t := range r.Turns {
		if t.Late {
			n++
		}
	}
	return n
}

// Busy returns after how many turns somebody still used more than before for some
// time.
func (r *Report) Busy() (n int) {
	for _, t := range r.Turns {
		if t.Busy != nil {
			n++
		}
	}
	return n
}

// A line is one kind of turn, of those with a single fault; pairs are another.
type line struct {
	name                   string
	times, late            int
	attempts, acknowledged int64
	lost, doubled, missing int
	recovered, caughtUp    []time.Duration
}

// lines sorts turns by their kind, in the order in which kinds came up first.
func (r *Report) lines() []*line {
	var all []*line
	for _, t := range r.Turns {
		name := "pairs"
		if len(t.Faults) == 1 {
			name = t.Faults[0]
		}
		i := slices.IndexFunc(all, func(l *line) bool { return l.name == name })
		if i < 0 {
			i = len(all)
			all = append(all, &line{name: name})
		}
		all[i].add(t)
	}
	slices.SortFunc(all, func(a, b *line) int { return strings.Compare(a.name, b.name) })
	return all
}

func (l *line) add(t Turn) {
	l.times++
	l.attempts += t.Attempts
	l.acknowledged += t.Acknowledged
	l.lost += t.Lost
	l.doubled += t.Doubled
	l.missing += t.Missing
	if t.Late {
		l.late++
	}
	if t.Wrong == "" {
		l.recovered = append(l.recovered, t.Recovered)
	}
	if t.CaughtUp > 0 {
		l.caughtUp = append(l.caughtUp, t.CaughtUp)
	}
}

// seconds returns the median of times and the longest of them, in seconds.
func seconds(times []time.Duration) (median, longest float64) {
	if len(times) == 0 {
		return 0, 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[(len(sorted)-1)/2].Seconds(), sorted[len(sorted)-1].Seconds()
}

// mostShown is how many violations are shown; the file has all.
const mostShown = 40

// Write writes r for people.
func (r *Report) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "FAULT\tTIMES\tATTEMPTS\tACKNOWLEDGED\tLOST\tDOUBLED\tMISSING\tRECOVERED\tLATE\tMEDIAN\tLONGEST\tCAUGHT UP\tLONGEST\t") // Flush tells of any error
	for _, l := range r.lines() {
		median, longest := seconds(l.recovered)
		caughtUp, last := seconds(l.caughtUp)
		_, _ = fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.2fs\t%.2fs\t%.2fs\t%.2fs\t\n", l.name, l.times, l.attempts, l.acknowledged,
			l.lost, l.doubled, l.missing, len(l.recovered), l.late, median, longest, caughtUp, last)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, v := range r.Vitals {
		_, _ = fmt.Fprintln(w, v)
	}
	for i, v := range r.Violations {
		if i == mostShown {
			_, _ = fmt.Fprintf(w, "WRONG  and %d more\n", len(r.Violations)-mostShown)
			break
		}
		_, _ = fmt.Fprintln(w, "WRONG ", v)
	}
	_, err := fmt.Fprintf(w, "%d orders acknowledged (%d delivered, %d cancelled); killed: services %d times, broker %d, database %d; wiped: broker %d.\n"+
		"lost %d, doubled %d, missing %d, stuck %d, inexact %d; late %d and busy %d of %d; errors logged: %s; seed %d\n",
		r.Acknowledged, r.Delivered, r.Cancelled, r.Services, r.Brokers, r.Databases, r.Wipes,
		r.Lost, r.Doubled, r.Missing, r.Stuck, r.Inexact, r.Late(), r.Busy(), len(r.Turns), none(strings.Join(r.Errors, ", ")), r.Seed)
	return err
}

func none(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
