package rpc

import (
	"cmp"
	"errors"
	"fmt"
)

// A Table says what callers are told of the errors that a service knows. It is
// the only place where they become codes. The first row that matches counts;
// what no row matches is INTERNAL, its text kept from the caller.
type Table []Row

// A Row is one known error.
type Row struct {
	// Err is matched with errors.Is.
	Err error
	// Refusal is what callers are told. Its message is the text of Err by
	// default: of the sentinel alone, not of what was wrapped around it, which
	// may name what is not the caller's business.
	Refusal Refusal
	// Refine may fill in what varies, from the whole error. It may be nil.
	Refine func(err error, r *Refusal)
}

// refusal returns what callers are told of err, and false if t does not know it.
func (t Table) refusal(err error) (Refusal, bool) {
	if r, ok := errors.AsType[Refusal](err); ok {
		return r, true
	}
	for _, row := range t {
		if !errors.Is(err, row.Err) {
			continue
		}
		r := row.Refusal
		r.Message = cmp.Or(r.Message, row.Err.Error())
		if row.Refine != nil {
			row.Refine(err, &r)
		}
		return r, true
	}
	return Refusal{}, false
}

// mustBeWellFormed panics at the start of a program rather than at its first
// unlucky caller.
func (t Table) mustBeWellFormed() {
	for i, row := range t {
		if row.Err == nil {
			panic(fmt.Sprintf("rpc: row %d of the table has no error", i))
		}
		if err := row.Refusal.wellFormed(); err != nil {
			panic(fmt.Sprintf("rpc: row %d of the table, %v: %v", i, row.Err, err))
		}
	}
}
