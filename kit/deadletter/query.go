package deadletter

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// A Selection picks letters that wait: those of one id, of one undertaking, or of
// one cause with those that wait behind others in the same undertakings. Nothing
// set picks all.
type Selection struct{ Letter, Order, Cause string }

// picked are the letters that a Selection picks, with its fields as the first
// three arguments.
const picked = `waiting = 1 AND ($1 = '' OR letter_id = $1) AND ($2 = '' OR order_id = $2) AND ($3 = '' OR cause = $3
	OR reason = 'behind' AND order_id IN (SELECT order_id FROM VIEW_letters WHERE waiting = 1 AND cause = $3))`

func (s Selection) with(args ...any) []any {
	return append([]any{s.Letter, s.Order, s.Cause}, args...)
}

// Letters returns up to limit letters that s picks, by number, after a number.
func (l *Listing) Letters(ctx context.Context, s Selection, after int64, limit int) ([]Listed, error) {
	return l.selected(ctx, `WHERE `+picked+` AND number > $4 ORDER BY number LIMIT $5`, s.with(after, limit)...)
}

// Together returns up to limit letters of the undertakings of which s picks any,
// by number, after a number.
func (l *Listing) Together(ctx context.Context, s Selection, after int64, limit int) ([]Listed, error) {
	return l.selected(ctx, `WHERE waiting = 1 AND order_id IN (SELECT order_id FROM VIEW_letters WHERE `+picked+
		`) AND number > $4 ORDER BY number LIMIT $5`, s.with(after, limit)...)
}

func (l *Listing) selected(ctx context.Context, rest string, args ...any) ([]Listed, error) {
	found, err := listed.Select(ctx, l.store.DB(), view, rest, args...)
	if err != nil {
		return nil, err
	}
	for i := range found {
		if found[i].Place.ID, err = uuid.Parse(found[i].ID); err != nil {
			return nil, fmt.Errorf("list dead letters: %w", err)
		}
	}
	return found, nil
}

// Count returns how many letters s picks.
func (l *Listing) Count(ctx context.Context, s Selection) (n int64, err error) {
	err = l.store.DB().QueryRowContext(ctx, view.SQL(`SELECT count(*) FROM VIEW_letters WHERE `+picked), s.with()...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count dead letters: %w", err)
	}
	return n, nil
}

// A Group is letters that failed in the same way.
type Group struct {
	Cause, Type, Example string
	Reason               Reason
	Letters, Orders      int64
	First, Last          time.Time // when they were parked
}

// Groups returns up to limit groups of the letters that s picks, the largest
// first.
func (l *Listing) Groups(ctx context.Context, s Selection, limit int) ([]Group, error) {
	rows, err := l.store.DB().QueryContext(ctx, view.SQL(`
		SELECT cause, type, max(error), reason, count(*), count(DISTINCT order_id), min(parked_at), max(parked_at)
		FROM VIEW_letters WHERE `+picked+` GROUP BY cause, type, reason ORDER BY count(*) DESC, cause LIMIT $4`), s.with(limit)...)
	if err != nil {
		return nil, fmt.Errorf("group dead letters: %w", err)
	}
	defer rows.Close()
	var all []Group
	for rows.Next() {
		var g Group
		var first, last int64
		if err := rows.Scan(&g.Cause, &g.Type, &g.Example, &g.Reason, &g.Letters, &g.Orders, &first, &last); err != nil {
			return nil, fmt.Errorf("group dead letters: %w", err)
		}
		g.First, g.Last = time.UnixMicro(first).UTC(), time.UnixMicro(last).UTC()
		all = append(all, g)
	}
	return all, rows.Err()
}

// A Held is an undertaking that letters hold up.
type Held struct {
	Order   string
	Cause   string // of the first letter, which the others wait for
	Letters int64
	First   time.Time // when that was parked
}

// Orders returns up to limit undertakings of which s picks letters, those that
// have waited longest first.
func (l *Listing) Orders(ctx context.Context, s Selection, limit int) ([]Held, error) {
	rows, err := l.store.DB().QueryContext(ctx, view.SQL(`
		SELECT first.order_id, first.cause, g.letters, first.parked_at FROM VIEW_letters first
		JOIN (SELECT count(*) AS letters, min(number) AS number FROM VIEW_letters WHERE `+picked+` GROUP BY order_id) g
		ON g.number = first.number ORDER BY first.number LIMIT $4`), s.with(limit)...)
	if err != nil {
		return nil, fmt.Errorf("group dead letters: %w", err)
	}
	defer rows.Close()
	var all []Held
	for rows.Next() {
		var h Held
		var first int64
		if err := rows.Scan(&h.Order, &h.Cause, &h.Letters, &first); err != nil {
			return nil, fmt.Errorf("group dead letters: %w", err)
		}
		h.First = time.UnixMicro(first).UTC()
		all = append(all, h)
	}
	return all, rows.Err()
}

// freed returns up to limit undertakings whose first letter waits Behind nothing any
// more.
func (l *Listing) freed(ctx context.Context, limit int) ([]string, error) {
	first, err := l.selected(ctx, `WHERE reason = $1 AND number IN (
		SELECT min(number) FROM VIEW_letters WHERE waiting = 1 GROUP BY order_id) ORDER BY number LIMIT $2`, string(Behind), limit)
	undertakings := make([]string, len(first))
	for i := range first {
		undertakings[i] = first[i].Order
	}
	return undertakings, err
}

// Interventions returns up to limit of what operators did, the latest first,
// before a number; 0 is the end.
func (l *Listing) Interventions(ctx context.Context, before int64, limit int) ([]Intervention, error) {
	all, err := interventions.Select(ctx, l.store.DB(), view,
		`WHERE ($1 = 0 OR number < $1) ORDER BY number DESC LIMIT $2`, before, limit)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = one.Order + "/" + one.Letter
	}
	letters, err := listed.Find(ctx, l.store.DB(), view, names...)
	for i := range all {
		all[i].Type = letters[names[i]].Type
	}
	return all, err
}
