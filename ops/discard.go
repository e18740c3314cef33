package ops

import (
	"context"

	opsv1 "orpheus.example/gen/go/ops/v1"
	"orpheus.example/kit/deadletter"
)

// DiscardDeadLetters takes letters away unhandled, and then has handled what only
// waited behind them, which is never taken away but by its own id. What fails then
// stays, with a reason of its own.
func (d *Desk) DiscardDeadLetters(ctx context.Context, r *opsv1.DiscardDeadLettersRequest) (*opsv1.DiscardDeadLettersResponse, error) {
	by, err := selectionOf(r.GetSelection(), true)
	if err != nil {
		return nil, err
	}
	if err := d.listing.CatchUp(ctx); err != nil {
		return nil, err
	}
	response := &opsv1.DiscardDeadLettersResponse{}
	touched := map[string]bool{}
	err = each(ctx, by, d.listing.Letters, func(l deadletter.Listed) error {
		if by.Letter == "" && l.Reason == deadletter.Behind {
			return nil // nothing is wrong with it, and it is handled below
		}
		there, err := d.Letters.Discard(ctx, l.Order, l.Place.ID, r.GetOperator(), r.GetReason())
		if there {
			response.Discarded++
			touched[l.Order] = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if by.Letter != "" && response.GetDiscarded() == 0 {
		return nil, unknownLetter
	}
	d.log.InfoContext(ctx, "dead letters were discarded", "operator", r.GetOperator(), "letters", response.GetDiscarded())
	return response, d.follow(ctx, touched, r.GetOperator())
}

// follow has handled what waited behind letters that are gone.
func (d *Desk) follow(ctx context.Context, orders map[string]bool, operator string) error {
	for order := range orders {
		if err := d.Letters.Follow(ctx, order, operator, d.Heed, nil); err != nil {
			return err
		}
	}
	return nil
}
