package onebox

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"orpheus.example/kit/loop"
)

// MostRounds is after how many rounds a Box that is not settled never will be.
const MostRounds = 10_000

var (
	// ErrUnsettled says that somebody always had something left to do.
	ErrUnsettled = errors.New("the shop does not come to rest")
	// ErrStepped says that a stepped Box was to run, or one that runs to be
	// stepped.
	ErrStepped = errors.New("a shop runs or is stepped, not both")
)

// Run runs all loops side by side until ctx is done, and waits for what they
// have begun. It returns nil then.
func (b *Box) Run(ctx context.Context) error {
	if b.config.Stepped {
		return ErrStepped
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range b.steps {
		group.Go(func() error { return loop.Runner{Step: s}.Run(ctx) })
	}
	return group.Wait()
}

// Steps returns the loops of a stepped Box in their fixed order, service by
// service, for whoever wants to call them in an order of his own.
func (b *Box) Steps() []loop.Step { return b.steps }

// Settle calls all loops in turn until a whole round finds nothing to do. What
// is due later stays for later: see Advance. It must not be called by two at a
// time.
func (b *Box) Settle(ctx context.Context) error {
	if !b.config.Stepped {
		return ErrStepped
	}
	for range MostRounds {
		worked, err := b.round(ctx)
		if err != nil || !worked {
			return err
		}
	}
	return ErrUnsettled
}

// round calls each loop once. An error does not end the round: one service's
// trouble is not the others'.
func (b *Box) round(ctx context.Context) (worked bool, err error) {
	var errs []error
	for _, s := range b.steps {
		did, err := s.Once(ctx)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.Name(), err))
		}
		worked = worked || did
	}
	return worked, errors.Join(errs...)
}
