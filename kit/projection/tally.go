package projection

import (
	"fmt"
	"maps"
	"slices"
)

// A Tally is a table that says how many rows of another there are of each kind,
// and what they sum up to. It is changed by differences and never read for that,
// so its rows are few and hot without harm. A kind that has no rows any more
// stays, with sums of 0.
type Tally[P any] struct {
	Name string // without VIEW_
	// Kind returns the columns that tell kinds apart, the primary key, and Sums
	// what is added up over the rows of a kind.
	Kind func(row *P) []Column
	Sums func(row *P) []Sum
}

// A Sum is a column of a Tally, and what one row adds to it.
type Sum struct {
	Name string
	Of   int64
}

// share is what one row adds to a tally.
type share struct {
	kind []any
	sums []int64
}

// of returns the share of a row, nothing if nobody counts it.
func (t *Tally[P]) of(row *P) share {
	if t == nil {
		return share{}
	}
	var s share
	var err error
	if s.kind, err = values(t.Kind(row)); err != nil {
		panic(err) // only for a document, which is no kind
	}
	for _, sum := range t.Sums(row) {
		s.sums = append(s.sums, sum.Of)
	}
	return s
}

// upsert returns a statement that adds n differences to the sums.
func (t *Tally[P]) upsert(n int) string {
	kind := t.Kind(new(P))
	columns := slices.Clone(kind)
	var sums []Column
	for _, s := range t.Sums(new(P)) {
		sums = append(sums, Number(s.Name, new(int64)))
	}
	columns = append(columns, sums...)
	return insert(t.Name, columns, n) +
		` ON CONFLICT (` + list(kind, func(_ int, c Column) string { return c.name }) + `) DO UPDATE SET ` +
		list(sums, func(_ int, c Column) string {
			return c.name + ` = ` + placeholder + t.Name + `.` + c.name + ` + excluded.` + c.name
		})
}

// tally is differences, by kind.
type tally map[string]share

// add adds a share n times.
func (t tally) add(s share, n int64) {
	if s.sums == nil {
		return
	}
	kind := fmt.Sprintf("%#v", s.kind)
	total, ok := t[kind]
	if !ok {
		total = share{kind: s.kind, sums: make([]int64, len(s.sums))}
		t[kind] = total
	}
	for i := range s.sums {
		total.sums[i] += n * s.sums[i]
	}
}

// rows returns the differences that are any, in a fixed order.
func (t tally) rows() (rows [][]any) {
	for _, kind := range slices.Sorted(maps.Keys(t)) {
		s := t[kind]
		if !slices.ContainsFunc(s.sums, func(n int64) bool { return n != 0 }) {
			continue
		}
		row := slices.Clone(s.kind)
		for _, n := range s.sums {
			row = append(row, n)
		}
		rows = append(rows, row)
	}
	return rows
}
