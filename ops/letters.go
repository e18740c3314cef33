package ops

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	opsv1 "orpheus.example/gen/go/ops/v1"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/rpc"
)

// groups is how many causes and orders an overview shows.
const groups = 100

// selectionOf returns what a request picks. Nothing set picks all in a list, and
// is refused where something is going to be changed.
func selectionOf(s *opsv1.DeadLetterSelection, change bool) (deadletter.Selection, error) {
	var by deadletter.Selection
	switch picked := s.GetBy().(type) {
	case *opsv1.DeadLetterSelection_LetterId:
		id, err := uuid.Parse(picked.LetterId)
		if err != nil {
			return by, rpc.BadField("selection.letter_id", "must be a UUID")
		}
		by.Letter = id.String()
	case *opsv1.DeadLetterSelection_OrderId:
		by.Order = picked.OrderId
		return by, filled("selection.order_id", by.Order)
	case *opsv1.DeadLetterSelection_Cause:
		by.Cause = picked.Cause
		return by, filled("selection.cause", by.Cause)
	case *opsv1.DeadLetterSelection_All:
		if !picked.All {
			return by, rpc.BadField("selection.all", "must be true, or not set")
		}
	default:
		if change {
			return by, rpc.BadField("selection", "must say which letters")
		}
	}
	return by, nil
}

// filled refuses a field that is empty: it would pick everything.
func filled(field, value string) error {
	if value == "" {
		return rpc.BadField(field, "must not be empty")
	}
	return nil
}

// unknownLetter refuses a letter that is not there.
var unknownLetter = rpc.Refusal{
	Code: codes.NotFound, Reason: "DEAD_LETTER_NOT_FOUND",
	Message: "no such dead letter waits; somebody may have replayed or discarded it",
}

// ListDeadLetters shows what was set aside. Bodies are left out: GetDeadLetter has
// them.
func (d *Desk) ListDeadLetters(ctx context.Context, r *opsv1.ListDeadLettersRequest) (*opsv1.ListDeadLettersResponse, error) {
	by, err := selectionOf(r.GetSelection(), false)
	if err != nil {
		return nil, err
	}
	page, err := rpc.NewPage(r.GetPageSize(), r.GetPageToken(), by.Letter, by.Order, by.Cause)
	if err != nil {
		return nil, err
	}
	after, err := page.Place(0)
	if err != nil {
		return nil, err
	}
	if err := d.listing.CatchUp(ctx); err != nil {
		return nil, err
	}
	found, err := d.listing.Letters(ctx, by, after, page.Size+1)
	if err != nil {
		return nil, err
	}
	response := &opsv1.ListDeadLettersResponse{}
	found, response.NextPageToken = rpc.Cut(page, found, func(l deadletter.Listed) []string { return rpc.Key(l.Number) })
	for _, l := range found {
		full, err := d.Letters.Load(ctx, l.Order, l.Place)
		if err != nil {
			return nil, err
		}
		response.Letters = append(response.Letters, letterToWire(l, full))
	}
	return response, d.overview(ctx, by, response)
}

// overview adds up the letters that were asked for.
func (d *Desk) overview(ctx context.Context, by deadletter.Selection, into *opsv1.ListDeadLettersResponse) error {
	causes, err := d.listing.Groups(ctx, by, groups)
	if err != nil {
		return err
	}
	for _, g := range causes {
		into.Causes = append(into.Causes, groupToWire(g))
	}
	orders, err := d.listing.Orders(ctx, by, groups)
	if err != nil {
		return err
	}
	for _, h := range orders {
		into.Orders = append(into.Orders, heldToWire(h))
	}
	into.Total, err = d.listing.Count(ctx, by)
	return err
}

// GetDeadLetter shows one letter, with its body.
func (d *Desk) GetDeadLetter(ctx context.Context, r *opsv1.GetDeadLetterRequest) (*opsv1.GetDeadLetterResponse, error) {
	id, err := uuid.Parse(r.GetLetterId())
	if err != nil {
		return nil, rpc.BadField("letter_id", "must be a UUID")
	}
	if err := d.listing.CatchUp(ctx); err != nil {
		return nil, err
	}
	found, err := d.listing.Letters(ctx, deadletter.Selection{Letter: id.String()}, 0, 1)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, unknownLetter
	}
	full, err := d.Letters.Load(ctx, found[0].Order, found[0].Place)
	if errors.Is(err, deadletter.ErrGone) {
		return nil, unknownLetter
	}
	if err != nil {
		return nil, err
	}
	letter := letterToWire(found[0], full)
	letter.RawBody = full.Message.Body
	if body, err := d.Hears.Struct(full.Message.Type, full.Message.Body); err == nil {
		letter.Body = body // else it cannot be read, which may be what is wrong with it
	}
	return &opsv1.GetDeadLetterResponse{Letter: letter}, nil
}

// ListInterventions shows what operators did.
func (d *Desk) ListInterventions(ctx context.Context, r *opsv1.ListInterventionsRequest) (*opsv1.ListInterventionsResponse, error) {
	page, err := rpc.NewPage(r.GetPageSize(), r.GetPageToken())
	if err != nil {
		return nil, err
	}
	before, err := page.Place(0)
	if err != nil {
		return nil, err
	}
	if err := d.listing.CatchUp(ctx); err != nil {
		return nil, err
	}
	found, err := d.listing.Interventions(ctx, before, page.Size+1)
	if err != nil {
		return nil, err
	}
	response := &opsv1.ListInterventionsResponse{}
	found, response.NextPageToken = rpc.Cut(page, found, func(i deadletter.Intervention) []string { return rpc.Key(i.Number) })
	for _, i := range found {
		response.Interventions = append(response.Interventions, interventionToWire(i))
	}
	return response, nil
}
