package verify

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// A Report is what a comparison of the books has found.
type Report struct {
	// Time is when the books were compared.
	Time time.Time `json:"time"`
	// Orders is how many there are; each is one of the following three.
	Orders int `json:"orders"`
	// Delivered are those that ended well.
	Delivered int `json:"delivered"`
	// Cancelled are those that ended otherwise, with all that they held let go.
	Cancelled int `json:"cancelled"`
	// Open are those that are still under way somewhere.
	Open int `json:"open"`
	// World is whether the books of the outside world were compared too.
	World bool `json:"world"`
	// Waiting are the open ones, and what for.
	Waiting []Violation `json:"waiting"`
	// Checks are what was checked.
	Checks []Check `json:"checks"`
}

// A Check is one law of the shop, and who breaks it.
type Check struct {
	// Name is short and stays the same.
	Name string `json:"name"`
	// Says is the law.
	Says string `json:"says"`
	// Count is how many things were held to it.
	Count int `json:"count"`
	// Violations are the things that break it.
	Violations []Violation `json:"violations"`
}

// A Violation is one thing that breaks a law, or is not yet held to it.
type Violation struct {
	// ID is an order's id, or an item's sku.
	ID string `json:"id"`
	// What is wrong, or awaited.
	What string `json:"what"`
	// Missing is true of what should have happened and has not, as a mail that was
	// never sent.
	Missing bool `json:"missing,omitempty"`
}

// ErrViolated says that the books do not tell the same story.
var ErrViolated = errors.New("the books do not agree")

// Clean reports whether no check found anything.
func (r Report) Clean() bool {
	for _, c := range r.Checks {
		if len(c.Violations) > 0 {
			return false
		}
	}
	return true
}

// Err returns nil if r is clean, and otherwise an error that names every
// violation.
func (r Report) Err() error {
	var errs []error
	for _, c := range r.Checks {
		for _, v := range c.Violations {
			errs = append(errs, fmt.Errorf("%s: %s: %s", c.Name, v.ID, v.What))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrViolated, errors.Join(errs...))
}

// Write writes r as a table for people, with what was found below it.
func (r Report) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "CHECK\tCOUNT\tRESULT\tLAW") // Flush tells of any error
	for _, c := range r.Checks {
		result := "ok"
		if n := len(c.Violations); n > 0 {
			result = fmt.Sprintf("%d WRONG", n)
		}
		_, _ = fmt.Fprintf(t, "%s\t%d\t%s\t%s\n", c.Name, c.Count, result, c.Says)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, c := range r.Checks {
		for _, v := range c.Violations {
			if _, err := fmt.Fprintf(w, "WRONG  %s  %s: %s\n", c.Name, v.ID, v.What); err != nil {
				return err
			}
		}
	}
	for _, v := range r.Waiting[:min(len(r.Waiting), mostWaiting)] {
		if _, err := fmt.Fprintf(w, "WAITS  %s: %s\n", v.ID, v.What); err != nil {
			return err
		}
	}
	if more := len(r.Waiting) - mostWaiting; more > 0 {
		if _, err := fmt.Fprintf(w, "WAITS  %d more\n", more); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, r.summary())
	return err
}

// mostWaiting is how many open orders a table names. In a busy shop there are
// many at any moment, and nothing is wrong with them.
const mostWaiting = 10

// summary is the report in one line.
func (r Report) summary() string {
	s := fmt.Sprintf("%d orders: %d delivered, %d cancelled, %d under way.", r.Orders, r.Delivered, r.Cancelled, r.Open)
	if !r.World {
		s += " The books of provider, carriers and mail server were not compared."
	}
	return s
}

// held counts one more thing that was held to the law.
func (c *Check) held() { c.Count++ }

// wrong adds a violation.
func (c *Check) wrong(id, format string, args ...any) {
	c.Violations = append(c.Violations, Violation{ID: id, What: fmt.Sprintf(format, args...)})
}

// missing adds a violation by something that has not happened.
func (c *Check) missing(id, format string, args ...any) {
	c.wrong(id, format, args...)
	c.Violations[len(c.Violations)-1].Missing = true
}
