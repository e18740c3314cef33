// Package process starts programs of this machine and ends them for certain.
//
// A process started here is either bound or detached. A bound one dies with
// its starter, however that dies: the kernel sends it a signal when the thread
// that made it is gone (PR_SET_PDEATHSIG), so not even a starter that was
// killed with -9 leaves anything behind. A detached one has a session of its
// own and lives on; whoever wants to end it later needs the ID that Start
// gave, and finds it again with Adopt.
//
// An ID is the number together with the time of birth. Numbers are used again
// by the kernel, births are not: so nobody is ever killed by mistake for a
// process that has long gone.
//
// Kill, Pause and Resume mean the process with everything it has started.
// Outside of Linux, processes start, but nothing is bound and children are
// unknown.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// poll is how often a process that is not our child is looked at.
const poll = 20 * time.Millisecond

// reap bounds how long Kill waits for the kernel to take the dead away.
const reap = 10 * time.Second

// ErrGone says that a process does not run any more.
var ErrGone = errors.New("process is gone")

// A Command says what to start.
type Command struct {
	Path string   // program
	Args []string // arguments, without the program's name
	Env  []string // the whole environment; nothing is inherited
	Dir  string   // working directory
	Log  string   // file to which everything said is appended

	// User is who runs it; nil means the starter's own user.
	User *syscall.Credential

	// Detach lets the process outlive its starter.
	Detach bool

	// DeathSignal is what a bound process is sent when its starter dies. The
	// default is SIGKILL.
	DeathSignal syscall.Signal
}

// An ID tells a process from every other that ever had its number.
type ID struct {
	Pid  int    `json:"pid"`
	Born uint64 `json:"born"` // clock ticks since boot; 0 is unknown
}

// A Process is one that was started or adopted. Its methods may be called
// from several goroutines.
type Process struct {
	id   ID
	log  string
	done chan struct{} // closed once it is gone
}

// Start starts c. It does not wait until the program is ready for anything.
func Start(c Command) (*Process, error) {
	cmd, log, err := c.build()
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the process has its own copy
	p := &Process{log: c.Log, done: make(chan struct{})}
	started := make(chan error)
	go p.supervise(cmd, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Path, err)
	}
	return p, nil
}

// supervise starts cmd, reports how that went, and reaps it. It holds its
// thread for as long as the process lives, because the death signal is sent
// at the death of the thread, not of the program (prctl(2), BUGS).
func (p *Process) supervise(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		started <- err
		return
	}
	p.id = ID{Pid: cmd.Process.Pid, Born: born(cmd.Process.Pid)}
	started <- nil
	// How it ended is nobody's question: its log says it.
	_ = cmd.Wait()
	close(p.done)
}

// build makes the command ready to start, and opens its log.
func (c Command) build() (*exec.Cmd, *os.File, error) {
	log, err := os.OpenFile(c.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(c.Path, c.Args...) //nolint:gosec,noctx // to start any program is what we are for; it ends by Stop
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = c.Env, c.Dir, log, log
	// A group or session of its own: an interrupt typed at the terminal is
	// for the starter, which then ends its processes in good order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.User}
	if c.Detach {
		cmd.SysProcAttr.Setsid = true
		return cmd, log, nil
	}
	cmd.SysProcAttr.Setpgid = true
	bind(cmd.SysProcAttr, c.DeathSignal)
	return cmd, log, nil
}

// Adopt finds a process that was started earlier, maybe by another program.
// It returns ErrGone if it does not run any more.
func Adopt(id ID, log string) (*Process, error) {
	if !alive(id) {
		return nil, ErrGone
	}
	p := &Process{id: id, log: log, done: make(chan struct{})}
	go p.watch()
	return p, nil
}

// watch waits for the end of a process that is not our child, which nothing
// but looking can tell.
func (p *Process) watch() {
	for alive(p.id) {
		time.Sleep(poll) // nobody tells us of a process that is not ours
	}
	close(p.done)
}

// ID returns what Adopt finds the process by.
func (p *Process) ID() ID { return p.id }

// Done is closed once the process is gone.
func (p *Process) Done() <-chan struct{} { return p.done }

// Alive reports whether the process runs, paused or not.
func (p *Process) Alive() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Signal sends s to the process alone, not to its children.
func (p *Process) Signal(s syscall.Signal) error {
	if !p.Alive() {
		return ErrGone
	}
	return syscall.Kill(p.id.Pid, s)
}

// Stop asks the process to end by s, and kills it and its children if it has
// not when ctx is done. It reports an error only if even that did not help.
func (p *Process) Stop(ctx context.Context, s syscall.Signal) error {
	children := descendants(p.id.Pid)
	if err := p.Signal(s); err != nil {
		return p.Kill()
	}
	select {
	case <-p.done:
		// Children that were left behind have no one to tell them.
		return killAll(children)
	case <-ctx.Done():
		return p.Kill()
	}
}

// Kill ends the process and all its descendants at once, as kill -9 does, and
// returns when they are gone.
func (p *Process) Kill() error {
	if !p.Alive() {
		return nil
	}
	// Stopped first, it cannot have more children while we count them.
	_ = p.Signal(syscall.SIGSTOP)
	children := descendants(p.id.Pid)
	if err := p.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, ErrGone) && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("kill %d: %w", p.id.Pid, err)
	}
	err := killAll(children)
	select {
	case <-p.done:
		return err
	case <-time.After(reap):
		return fmt.Errorf("kill %d: still there after %s", p.id.Pid, reap)
	}
}

// Pause stops the process and its children from running, without their
// noticing: their sockets stay open and answer nothing.
func (p *Process) Pause() error {
	// The parent first, so that it makes no child behind our back.
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	return signalAll(descendants(p.id.Pid), syscall.SIGSTOP)
}

// Resume undoes Pause.
func (p *Process) Resume() error {
	if err := signalAll(descendants(p.id.Pid), syscall.SIGCONT); err != nil {
		return err
	}
	return p.Signal(syscall.SIGCONT)
}

// Await calls probe until it returns nil. It gives up with the last lines of
// the log when the process ends before, or when ctx is done.
func (p *Process) Await(ctx context.Context, probe func(context.Context) error) error {
	for {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("it ended before it was ready, its log %s ends with:\n%s: %w", p.log, Tail(p.log), err)
		case <-ctx.Done():
			return fmt.Errorf("it was not ready in time, its log %s ends with:\n%s: %w", p.log, Tail(p.log), err)
		case <-time.After(poll):
		}
	}
}

// signalAll sends s to each of ids that still lives.
func signalAll(ids []ID, s syscall.Signal) error {
	var errs []error
	for _, id := range ids {
		if !alive(id) {
			continue
		}
		if err := syscall.Kill(id.Pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
			errs = append(errs, fmt.Errorf("signal %d: %w", id.Pid, err))
		}
	}
	return errors.Join(errs...)
}

// killAll kills each of ids and waits until none is left.
func killAll(ids []ID) error {
	err := signalAll(ids, syscall.SIGKILL)
	for deadline := time.Now().Add(reap); time.Now().Before(deadline); time.Sleep(poll) {
		if !slices.ContainsFunc(ids, alive) {
			return err
		}
	}
	return errors.Join(err, fmt.Errorf("children still there after %s", reap))
}
