package onebox

import (
	"context"
	"errors"

	"orpheus.example/kit/eventlog"
)

// errNoDriver says that a part has no driver yet.
var errNoDriver = errors.New("no driver")

func (b *Box) openBus(context.Context) error { return errNoDriver }

func (b *Box) openStore(context.Context, string) (eventlog.Store, error) { return nil, errNoDriver }
