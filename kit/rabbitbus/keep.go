package rabbitbus

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"
	"unicode"

	"github.com/cenkalti/backoff/v5"

	"orpheus.example/kit/loop"
)

// Limits of the pause between two attempts. It grows from the first to the
// second by half each time, and is spread at random, so that a hundred
// replicas do not fall upon a broker that has just come back. The longest is
// short enough to be up again within five seconds.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 1500 * time.Millisecond
	// queuePause is the first one of a queue. It is longer, and at random
	// still a quarter of a second, so that nobody declares a queue that was
	// deleted before all its consumers know of it. For some 20 ms after that
	// RabbitMQ 3.10 takes a new queue of the same name for the old one: it
	// puts the old consumers on it but hands them nothing, so that what is
	// published then lies with them until their channels close.
	queuePause = 500 * time.Millisecond
	// steady is how long something must have worked for its next failure to
	// count as a first one. What fails sooner keeps its growing pause.
	steady = 5 * time.Second
)

// errLinkLost ends what was built on a connection that broke. The connection
// says so itself in the log, and what was built on it can be built again as
// soon as there is another.
var errLinkLost = errors.New("connection lost")

// A life is something that should go on but does not last: a connection, or
// what is built on one. It calls up once it is ready, and returns why it has
// ended.
type life func(ctx context.Context, up func()) error

// A keeper has one life follow the other until ctx is done.
type keeper struct {
	log      *slog.Logger
	first    time.Duration // the pause after a first failure
	standing               // how it stands, for those who depend on it
}

// A standing tells whether something is ready. Before the first attempt has
// come to an end it is neither up nor down.
type standing struct{ up, down *flag }

func newKeeper(log *slog.Logger, part string, first time.Duration) *keeper {
	return &keeper{log: log.With("part", part), first: first, standing: standing{newFlag(), newFlag()}}
}

// keep returns when ctx is done. No error ends it, because what was missing may
// come back.
func (k *keeper) keep(ctx context.Context, live life) {
	pause, last := k.newPause(), ""
	for ctx.Err() == nil {
		var since time.Time
		err := live(ctx, func() {
			since, last = time.Now(), ""
			k.rise()
		})
		if ctx.Err() != nil {
			break
		}
		last = k.fall(last, err)
		if !since.IsZero() && time.Since(since) > steady {
			pause.Reset()
		}
		if !errors.Is(err, errLinkLost) {
			_ = loop.Sleep(ctx, pause.NextBackOff()) // the loop looks at ctx itself
		}
	}
	k.up.set(false)
}

// rise takes note that things work.
func (k *keeper) rise() {
	k.down.set(false)
	if k.up.set(true) {
		k.log.Info("working")
	}
}

// fall takes note that they do not. It logs err unless it is what was said
// last: a broker that is away for an hour is worth a line, not a thousand.
func (k *keeper) fall(last string, err error) string {
	text := withoutNumbers(err.Error())
	if text != last && !errors.Is(err, errLinkLost) {
		k.log.Warn("not working, trying again", "error", err)
	}
	k.up.set(false)
	k.down.set(true)
	return text
}

// withoutNumbers makes texts alike that differ only in the port that a
// connection was given.
func withoutNumbers(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, text)
}

func (k *keeper) newPause() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier = k.first, longestPause, 1.5
	return b
}
