package result

import "slices"

// A Spread is several measurements of one thing: the median, and how far they
// lie apart. The zero Spread is nothing measured.
type Spread struct {
	N           int
	Median      float64
	Least, Most float64
	Measured    []float64 // in the order of measuring
}

// Of returns the spread of values.
func Of(values ...float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	median := sorted[middle]
	if len(sorted)%2 == 0 {
		median = (sorted[middle-1] + sorted[middle]) / 2
	}
	return Spread{
		N: len(sorted), Median: median, Least: sorted[0], Most: sorted[len(sorted)-1], Measured: slices.Clone(values),
	}
}

// Spread returns what value says of all runs of a scenario in a mode.
func (f *File) Spread(scene string, mode Mode, value func(Run) float64) Spread {
	var values []float64
	for _, r := range f.Find(scene, mode) {
		values = append(values, value(r))
	}
	return Of(values...)
}

// Find returns the runs of a scenario in a mode that count.
func (f *File) Find(scene string, mode Mode) []Run {
	var found []Run
	for _, r := range f.Runs {
		if r.Checked && r.Scene == scene && r.Mode == mode {
			found = append(found, r)
		}
	}
	return found
}

// Timed returns what was timed under a name in a scenario and a mode.
func (f *File) Timed(scene string, mode Mode, name string) Spread {
	var values []float64
	for _, t := range f.Timing {
		if v, ok := t.Values[name]; ok && t.Scene == scene && t.Mode == mode {
			values = append(values, v)
		}
	}
	return Of(values...)
}

// Rate returns how many orders were delivered in a second.
func (r Run) Rate() float64 { return r.Load.DeliveredRate }

// CPUPerOrder returns the processor time of one process for one order, in
// milliseconds; of all processes together if name is empty.
func (r Run) CPUPerOrder(name string) float64 {
	if r.Delivered == 0 {
		return 0
	}
	var sum float64
	for process, used := range r.CPU {
		if name == "" || process == name {
			sum += used.Seconds()
		}
	}
	return 1000 * sum / float64(r.Delivered)
}

// WALPerOrder returns the bytes that PostgreSQL logged for one order.
func (r Run) WALPerOrder() float64 {
	if r.Delivered == 0 {
		return 0
	}
	return float64(r.WAL) / float64(r.Delivered)
}
