package story

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/onebox"
	"orpheus.example/onebox/dance"
)

// mostRounds bounds how long a story may take to settle.
const mostRounds = 5_000

var errCommand = errors.New("no such command, or too few words")

// A player plays one story.
type player struct {
	box  *onebox.Box
	post *post

	ids    map[string]string                     // an order's name in the story, to its id
	names  map[string]string                     // and back
	placed map[string]*orderv1.PlaceOrderRequest // by name
	order  []string                              // names, as they were placed
	skus   []string                              // as they were listed
	sent   map[string]int64                      // pieces that came in, by item
	asked  int                                   // requests so far, each with an id of its own
	read   map[string]int64                      // how far each service's log has been told
	told   []string
}

// Play plays a story in a shop of its own, and returns it with the transcript
// that it has now.
func Play(ctx context.Context, text string) (string, error) {
	blocks, err := parse(text)
	if err != nil {
		return "", err
	}
	p := &player{
		post: newPost(), ids: map[string]string{}, names: map[string]string{}, sent: map[string]int64{},
		placed: map[string]*orderv1.PlaceOrderRequest{}, read: map[string]int64{},
	}
	p.box, err = onebox.Open(ctx, onebox.Config{Stepped: true, Bus: p.post.over, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return "", err
	}
	if err = p.playAll(ctx, blocks); err == nil {
		err = p.follow(ctx)
	}
	return format(blocks), errors.Join(err, p.box.Close(context.WithoutCancel(ctx)))
}

// follow sees that all that has happened is in the declared choreography: no
// story, whatever races it tells, may go a way that is not drawn.
func (p *player) follow(ctx context.Context) error {
	logs := map[string]eventlog.Log{}
	for _, name := range onebox.Names {
		logs[name] = p.box.Store(name)
	}
	return dance.Follow(ctx, logs)
}

func (p *player) playAll(ctx context.Context, blocks []block) error {
	for i := range blocks {
		p.told = nil
		for _, command := range blocks[i].commands {
			if err := p.play(ctx, command); err != nil {
				return fmt.Errorf("%s: %w", command, err)
			}
		}
		blocks[i].told = p.told
	}
	return nil
}

// play carries out one command, and tells what it led to.
func (p *player) play(ctx context.Context, command string) error {
	words := strings.Fields(command)
	for i, w := range words {
		words[i] = strings.ReplaceAll(w, "_", " ")
	}
	if len(words) == 0 {
		return errCommand
	}
	c, ok := commands[words[0]]
	if !ok || len(words) <= c.least {
		return errCommand
	}
	if err := c.play(p, ctx, words[1:]); err != nil {
		return err
	}
	return p.tellAll(ctx)
}

// settle steps all loops until nobody has anything to do, telling each step.
func (p *player) settle(ctx context.Context) error {
	for range mostRounds {
		worked, err := p.round(ctx)
		if err != nil {
			return err
		}
		if !worked && !p.post.let(onebox.Names[:]) {
			return nil
		}
	}
	return onebox.ErrUnsettled
}

func (p *player) round(ctx context.Context) (worked bool, err error) {
	for _, s := range p.box.Steps() {
		did, err := s.Once(ctx)
		if err != nil {
			return false, fmt.Errorf("%s: %w", s.Name(), err)
		}
		worked = worked || did
		service, _, _ := strings.Cut(s.Name(), ".")
		if err := p.tellStep(ctx, service); err != nil {
			return false, err
		}
	}
	return worked, nil
}

// pass lets time go by, from one due time to the next, so that all happens when
// it should.
func (p *player) pass(ctx context.Context, d time.Duration) error {
	until := p.box.Now().Add(d)
	for {
		if err := p.settle(ctx); err != nil {
			return err
		}
		next, err := p.nextDue(ctx)
		if err != nil {
			return err
		}
		if next.IsZero() || next.After(until) {
			break
		}
		p.box.Advance(max(next.Sub(p.box.Now()), time.Millisecond))
	}
	p.box.Advance(until.Sub(p.box.Now()))
	return p.settle(ctx)
}

// nextDue returns when the next duty or alarm of any service is due, or the zero
// time if there is none.
func (p *player) nextDue(ctx context.Context) (next time.Time, err error) {
	for _, service := range onebox.Names {
		for _, kind := range []string{eventlog.Duty, eventlog.Alarm} {
			at, ok, err := p.box.Store(service).NextDue(ctx, kind)
			if err != nil {
				return next, err
			}
			if ok && (next.IsZero() || at.Before(next)) {
				next = at
			}
		}
	}
	return next, nil
}

// request returns the id of a new request: the same in every play.
func (p *player) request() string {
	p.asked++
	return uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "story/%d", p.asked)).String()
}
