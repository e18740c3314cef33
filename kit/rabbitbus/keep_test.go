package rabbitbus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// testKeeper returns a keeper, and what it logs.
func testKeeper() (*keeper, *bytes.Buffer) {
	var text bytes.Buffer
	return newKeeper(slog.New(slog.NewTextHandler(&text, nil)), "test", firstPause), &text
}

// A broker that is away for an hour is sought all the time, but not in a tight
// loop, and is worth one line.
func TestKeepGoesOnQuietly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		k, text := testKeeper()
		tries := 0
		var last time.Time
		k.keep(ctx, func(context.Context, func()) error {
			if pause := time.Since(last); tries > 0 && pause > 2*longestPause {
				t.Errorf("pause %d = %v; want at most %v", tries, pause, 2*longestPause)
			}
			last = time.Now()
			tries++
			return fmt.Errorf("port %d refused", tries)
		})
		if tries < 1000 || tries > 10000 {
			t.Errorf("%d tries in an hour; want a few thousand", tries)
		}
		if got := strings.Count(text.String(), "\n"); got != 1 {
			t.Errorf("%d lines in the log; want 1:\n%s", got, text)
		}
	})
}

func TestKeepSaysEachChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		k, text := testKeeper()
		lives := []life{
			func(context.Context, func()) error { return errors.New("refused") },
			func(context.Context, func()) error { return errors.New("refused") },
			func(_ context.Context, up func()) error { up(); time.Sleep(time.Minute); return errors.New("reset") },
			func(_ context.Context, up func()) error { up(); cancel(); return nil },
		}
		k.keep(ctx, func(ctx context.Context, up func()) error {
			next := lives[0]
			lives = lives[1:]
			return next(ctx, up)
		})
		var said []string
		for line := range strings.Lines(text.String()) {
			_, line, _ = strings.Cut(strings.TrimSpace(line), "level=")
			said = append(said, line)
		}
		want := `WARN msg="not working, trying again" part=test error=refused|INFO msg=working part=test|` +
			`WARN msg="not working, trying again" part=test error=reset|INFO msg=working part=test`
		if got := strings.Join(said, "|"); got != want {
			t.Errorf("log = %s; want %s", got, want)
		}
	})
}

// Nobody knows how it stands before the first attempt has ended.
func TestStandingStartsUnknown(t *testing.T) {
	t.Parallel()
	k, _ := testKeeper()
	if k.up.isRaised() || k.down.isRaised() {
		t.Error("a keeper stands before it has begun; want neither up nor down")
	}
	k.rise()
	<-k.up.raised()
	<-k.down.lowered()
	k.fall("", errLinkLost)
	<-k.up.lowered()
	<-k.down.raised()
}

func TestFlagTellsOfChanges(t *testing.T) {
	t.Parallel()
	f := newFlag()
	<-f.lowered()
	raised := f.raised()
	select {
	case <-raised:
		t.Fatal("a new flag is raised; want lowered")
	default:
	}
	if !f.set(true) || f.set(true) {
		t.Error("set(true) twice did not change once")
	}
	<-raised
	<-f.raised()
	lowered := f.lowered()
	f.set(false)
	<-lowered
}
