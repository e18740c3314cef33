package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"orpheus.example/kit/servers/process"
)

// ErrBusy says that another devstack works in the same folder.
var ErrBusy = errors.New("another devstack is at work in this folder")

// Up builds the daemons and starts a detached stack, unless it is up. It
// reports true if it was up already. A stack of which only a part runs is
// ended and started again: its data stays, so nothing is lost by it.
func Up(ctx context.Context, root string, config Config) (already bool, err error) {
	unlock, err := lock(config.Dir)
	if err != nil {
		return false, err
	}
	defer unlock()
	if config.Daemons == nil {
		config.Daemons = Daemons()
	}
	status, err := Look(config.Dir)
	if err != nil {
		return false, err
	}
	if status.Whole(config.Daemons) {
		return true, nil
	}
	if err := down(ctx, config.Dir, config.Say); err != nil {
		return false, err
	}
	config.Detach, config.Bin = true, filepath.Join(config.Dir, binDir)
	if err := installMissing(ctx, config.Say); err != nil {
		return false, err
	}
	config.Say("building the daemons")
	if err := Build(ctx, root, config.Bin, config.Daemons); err != nil {
		return false, err
	}
	_, err = Start(ctx, config)
	return false, err
}

// Down ends what Up started in dir, the daemons first, and nothing else: a
// process is known by its number and its birth. Each is asked to end and
// killed after ten seconds, or when ctx is done. The data stays.
func Down(ctx context.Context, dir string, say func(string)) error {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return nil // nothing was ever started here
	}
	unlock, err := lock(dir)
	if err != nil {
		return err
	}
	defer unlock()
	return down(ctx, dir, say)
}

// down is Down for who holds the lock.
func down(ctx context.Context, dir string, say func(string)) error {
	r, err := readRecord(dir)
	if err != nil {
		return err
	}
	for at := range levels {
		if err := endLevel(ctx, r.Processes, at, say); err != nil {
			return err
		}
	}
	return nil
}

// endLevel ends all processes of one level, all at once.
func endLevel(ctx context.Context, all []started, at level, say func(string)) error {
	var group sync.WaitGroup
	errs := make([]error, len(all))
	for i, one := range all {
		if one.Level == at {
			group.Go(func() { errs[i] = one.end(ctx, say) })
		}
	}
	group.Wait()
	return errors.Join(errs...)
}

// end ends one process, if it still runs.
func (one started) end(ctx context.Context, say func(string)) error {
	p, err := process.Adopt(one.ID, one.Log)
	if errors.Is(err, process.ErrGone) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	if err := p.Stop(ctx, one.Signal); err != nil {
		return fmt.Errorf("stop %s: %w", one.Name, err)
	}
	say("stopped " + one.Name)
	return nil
}

// Wipe ends what Up started in dir and removes dir, with all data.
func Wipe(ctx context.Context, dir string, say func(string)) error {
	if err := Down(ctx, dir, say); err != nil {
		return err
	}
	r, err := readRecord(dir)
	if err != nil {
		return err
	}
	// PostgreSQL may live elsewhere. Only a path that we would give it again
	// is removed, whatever stands in the record.
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if r.Postgres != "" && r.Postgres == postgresDir(abs) {
		if err := os.RemoveAll(r.Postgres); err != nil {
			return err
		}
	}
	return os.RemoveAll(dir)
}

// lock keeps other devstacks out of dir until unlock is called.
func lock(dir string) (unlock func(), err error) {
	if err := makeDirs(dir); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // our own folder
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s", ErrBusy, dir), f.Close())
	}
	return func() { _ = f.Close() }, nil // closing unlocks
}
